/* The gate, case by case: what RFC 8259 allows passes, everything that json-glib would misread or
 * die of does not. */

#include <string.h>

#include "gate.h"

typedef struct {
  const char *text;
  const char *problem; /* NULL: passes */
  gsize at_byte;
} Case;

static const Case cases[] = {
  { "{}", NULL },
  { " \t\r\n{ \"a\" : [ 1 , -0 , 0.5 , 1e2 , 1E-2 , 1e+2 , true , false , null , \"\" ] } \n",
    NULL },
  { "[]", NULL },
  { "\"\\u00e9\\ud83c\\udfa7\\\"\\\\\\/\\b\\f\\n\\r\\t\"", NULL },
  { "9007199254740992", NULL },
  { "-9007199254740992", NULL },
  { "{\"a\":1,\"A\":1,\"\":1}", NULL },
  { "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", NULL },
  { "\"\x7f\"", NULL },
  { "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", NULL },

  { "", "a value was expected", 0 },
  { "  ", "a value was expected", 2 },
  { "{} {}", "something after the end", 3 },
  { "{}x", "something after the end", 2 },
  { "\xef\xbb\xbf{}", "a value was expected", 0 },
  { "// no\n{}", "a value was expected", 0 },
  { "{/* no */}", "a key in quotes was expected", 1 },
  { "{'a':1}", "a key in quotes was expected", 1 },
  { "{a:1}", "a key in quotes was expected", 1 },
  { "{\"a\" 1}", "a colon was expected", 5 },
  { "{\"a\":1,}", "a key in quotes was expected", 7 },
  { "{\"a\":1", "a comma or } was expected", 6 },
  { "[1,]", "a value was expected", 3 },
  { "[1 2]", "a comma or ] was expected", 3 },
  { "[1", "a comma or ] was expected", 2 },
  { "tru", "a value was expected", 0 },
  { "True", "a value was expected", 0 },
  { "NaN", "a value was expected", 0 },
  { "Infinity", "a value was expected", 0 },
  { "-Infinity", "a digit was expected", 1 },

  { "01", "something after the end", 1 },
  { "-01", "something after the end", 2 },
  { "0x10", "something after the end", 1 },
  { "+1", "a value was expected", 0 },
  { ".5", "a value was expected", 0 },
  { "1.", "a digit was expected", 2 },
  { "1e", "a digit was expected", 2 },
  { "1e+-2", "a digit was expected", 3 },
  { "9007199254740993", "a whole number beyond 2^53", 16 },
  { "-9007199254740993", "a whole number beyond 2^53", 17 },
  { "99999999999999999999", "a whole number beyond 2^53", 20 },
  { "-9223372036854775808", "a whole number beyond 2^53", 20 },
  { "1e400", "a number out of range", 5 },
  { "-1e400", "a number out of range", 6 },
  { "0.00000000000000000000000000000000000000000000000000000000000000001",
    "a number of more than 64 characters", 67 },

  { "\"a", "a string without an end", 2 },
  { "\"a\\\"", "a string without an end", 4 },
  { "\"a\nb\"", "a control character in a string", 2 },
  { "\"\\x41\"", "not an escape", 2 },
  { "\"\\'\"", "not an escape", 2 },
  { "\"\\", "not an escape", 2 },
  { "\"\\u12\"", "four hexadecimal digits were expected", 5 },
  { "\"\\u0000\"", "U+0000 is not allowed", 7 },
  { "{\"\\u0000\":1}", "U+0000 is not allowed", 8 },
  { "\"\\ud83c\"", "a lone surrogate", 7 },
  { "\"\\ud83cx\"", "a lone surrogate", 7 },
  { "\"\\ud83c\\n\"", "a lone surrogate", 8 },
  { "\"\\ud83c\\ud83c\"", "a lone surrogate", 13 },
  { "\"\\udfa7\"", "a lone surrogate", 7 },
  { "\"\xc0\xaf\"", "not UTF-8", 1 },
  { "\"\xed\xa0\x80\"", "not UTF-8", 1 },
  { "\"\xf4\x90\x80\x80\"", "not UTF-8", 1 },
  { "\"\xff\"", "not UTF-8", 1 },
  { "\"\xe3\x81", "not UTF-8", 1 },

  { "{\"a\":1,\"a\":1}", "a duplicate key", 10 },
  { "{\"a\":1,\"\\u0061\":1}", "a duplicate key", 15 },
  { "{\"b\":{\"a\":1,\"a\":1}}", "a duplicate key", 15 },
  { "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested deeper than 16", 17 },
  { "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "nested deeper than 16", 21 },
};

static void
check (const char *text, gsize length, const char *problem, gsize at_byte)
{
  /* a copy of just the size, so that a sanitizer sees a read past the end */
  g_autofree char *exact = g_memdup2 (text, MAX (length, 1));
  gsize at = G_MAXSIZE;

  g_assert_cmpstr (ot_gate_check (exact, length, &at), ==, problem);
  g_assert_cmpuint (at, ==, problem != NULL ? at_byte : G_MAXSIZE);
}

static void
test_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *shown = g_strescape (cases[i].text, NULL);

    g_test_message ("%s", shown);
    check (cases[i].text, strlen (cases[i].text), cases[i].problem, cases[i].at_byte);
  }
}

/* No prefix of a document is one itself: each must be refused, and none read past its end. */
static void
test_prefixes (void)
{
  static const char text[] =
      "{\"a\":[1.5e-3,\"\\ud83c\\udfa7\xe3\x81\x82\",{\"b\":null}],\"c\":-17,\"d\":true}";

  for (gsize length = 0; length < strlen (text); length++)
    g_assert_nonnull (ot_gate_check (text, length, NULL));
  g_assert_null (ot_gate_check (text, strlen (text), NULL));
}

static void
test_nul (void)
{
  check ("{\0}", 3, "U+0000 is not allowed", 1);
  check ("\"\0\"", 3, "U+0000 is not allowed", 1);
  check ("1\0", 2, "U+0000 is not allowed", 1);
}

static char *
padded (gsize length)
{
  char *text = g_malloc (length + 1);

  memset (text, 'x', length);
  text[0] = text[length - 1] = '"';
  text[length] = '\0';
  return text;
}

static void
test_size (void)
{
  g_autofree char *fits = padded (OT_GATE_MAX_BYTES);
  g_autofree char *too_long = padded (OT_GATE_MAX_BYTES + 1);

  check (fits, OT_GATE_MAX_BYTES, NULL, 0);
  check (too_long, OT_GATE_MAX_BYTES + 1, "longer than 64 KiB", OT_GATE_MAX_BYTES);
}

static void
test_deep (void)
{
  g_autofree char *deep = g_strnfill (OT_GATE_MAX_BYTES, '[');

  check (deep, OT_GATE_MAX_BYTES, "nested deeper than 16", 17);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/gate/cases", test_cases);
  g_test_add_func ("/wire/gate/prefixes", test_prefixes);
  g_test_add_func ("/wire/gate/nul", test_nul);
  g_test_add_func ("/wire/gate/size", test_size);
  g_test_add_func ("/wire/gate/deep", test_deep);
  return g_test_run ();
}
