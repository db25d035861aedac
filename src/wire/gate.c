/* The strict JSON gate: a recursive descent over the text that builds nothing but the keys of the
 * objects that are open. Owns no state between calls, knows nothing of events; every limit is its
 * own. Pure, any thread. */

#include "gate.h"

#include <math.h>
#include <string.h>

#define MAX_INTEGER (G_GINT64_CONSTANT (1) << 53)
#define MAX_NUMBER_CHARS 64

typedef struct {
  const char *at;
  const char *end;
  guint depth;
  const char *problem; /* static; set once, by the first that finds one */
} Gate;

static gboolean read_value (Gate *self);

static gboolean
fail (Gate *self, const char *problem)
{
  self->problem = problem;
  return FALSE;
}

/* The next byte, or 0 at the end: a real NUL is no part of the grammar either. */
static char
peek (const Gate *self)
{
  return self->at < self->end ? *self->at : '\0';
}

static gboolean
take (Gate *self, char c)
{
  if (peek (self) != c || self->at == self->end)
    return FALSE;
  self->at++;
  return TRUE;
}

static void
skip_space (Gate *self)
{
  while (self->at < self->end && strchr (" \t\r\n", *self->at) != NULL && *self->at != '\0')
    self->at++;
}

static gboolean
read_hex4 (Gate *self, gunichar *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    if (!g_ascii_isxdigit (peek (self)))
      return fail (self, "four hexadecimal digits were expected");
    *unit = *unit * 16 + g_ascii_xdigit_value (*self->at++);
  }
  return TRUE;
}

/* After "\u": one character, of two escapes when the first is half of a pair. */
static gboolean
read_unicode_escape (Gate *self, gunichar *character)
{
  gunichar low;

  if (!read_hex4 (self, character))
    return FALSE;
  if (*character == 0)
    return fail (self, "U+0000 is not allowed");
  if (*character < 0xD800 || *character > 0xDFFF)
    return TRUE;
  if (*character > 0xDBFF || !take (self, '\\') || !take (self, 'u'))
    return fail (self, "a lone surrogate");
  if (!read_hex4 (self, &low))
    return FALSE;
  if (low < 0xDC00 || low > 0xDFFF)
    return fail (self, "a lone surrogate");
  *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
  return TRUE;
}

/* After a backslash. */
static gboolean
read_escape (Gate *self, gunichar *character)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *letter;

  if (take (self, 'u'))
    return read_unicode_escape (self, character);
  letter = self->at < self->end && *self->at != '\0' ? strchr (letters, *self->at) : NULL;
  if (letter == NULL)
    return fail (self, "not an escape");
  *character = meanings[letter - letters];
  self->at++;
  return TRUE;
}

/* After the opening quote. @unescaped gets the text when somebody wants it. */
static gboolean
read_string (Gate *self, GString *unescaped)
{
  while (self->at < self->end) {
    gunichar character;

    if (take (self, '"'))
      return TRUE;
    if ((guchar)*self->at < 0x20)
      return fail (self, "a control character in a string");
    if (!take (self, '\\')) {
      if (unescaped != NULL)
        g_string_append_c (unescaped, *self->at);
      self->at++;
      continue;
    }
    if (!read_escape (self, &character))
      return FALSE;
    if (unescaped != NULL)
      g_string_append_unichar (unescaped, character);
  }
  return fail (self, "a string without an end");
}

static gboolean
read_digits (Gate *self)
{
  if (!g_ascii_isdigit (peek (self)))
    return fail (self, "a digit was expected");
  while (g_ascii_isdigit (peek (self)))
    self->at++;
  return TRUE;
}

static gboolean
check_range (Gate *self, const char *start, gboolean whole)
{
  char copy[MAX_NUMBER_CHARS + 1];
  gsize length = self->at - start;

  if (length > MAX_NUMBER_CHARS)
    return fail (self, "a number of more than 64 characters");
  memcpy (copy, start, length);
  copy[length] = '\0';
  if (!isfinite (g_ascii_strtod (copy, NULL)))
    return fail (self, "a number out of range");
  /* g_ascii_strtoll() stops at the type's limits, which lie beyond ours */
  if (whole
      && ABS (CLAMP (g_ascii_strtoll (copy, NULL, 10), -G_MAXINT64, G_MAXINT64)) > MAX_INTEGER)
    return fail (self, "a whole number beyond 2^53");
  return TRUE;
}

static gboolean
read_number (Gate *self)
{
  const char *start = self->at;
  gboolean whole = TRUE;

  take (self, '-');
  if (!take (self, '0') && !read_digits (self))
    return FALSE;
  if (take (self, '.')) {
    whole = FALSE;
    if (!read_digits (self))
      return FALSE;
  }
  if (take (self, 'e') || take (self, 'E')) {
    whole = FALSE;
    if (!take (self, '-'))
      take (self, '+');
    if (!read_digits (self))
      return FALSE;
  }
  return check_range (self, start, whole);
}

static gboolean
read_key (Gate *self, GHashTable *keys)
{
  GString *key = g_string_new (NULL);
  gboolean valid;

  skip_space (self);
  valid = take (self, '"') ? read_string (self, key) : fail (self, "a key in quotes was expected");
  if (!g_hash_table_add (keys, g_string_free (key, FALSE)) && valid)
    return fail (self, "a duplicate key");
  return valid;
}

static gboolean
read_members (Gate *self)
{
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  skip_space (self);
  if (take (self, '}'))
    return TRUE;
  do {
    if (!read_key (self, keys))
      return FALSE;
    skip_space (self);
    if (!take (self, ':'))
      return fail (self, "a colon was expected");
    if (!read_value (self))
      return FALSE;
  } while (take (self, ','));
  return take (self, '}') || fail (self, "a comma or } was expected");
}

static gboolean
read_elements (Gate *self)
{
  skip_space (self);
  if (take (self, ']'))
    return TRUE;
  do {
    if (!read_value (self))
      return FALSE;
  } while (take (self, ','));
  return take (self, ']') || fail (self, "a comma or ] was expected");
}

static gboolean
read_nested (Gate *self, gboolean (*read) (Gate *))
{
  gboolean valid;

  if (self->depth == OT_GATE_MAX_DEPTH)
    return fail (self, "nested deeper than 16");
  self->depth++;
  valid = read (self);
  self->depth--;
  return valid;
}

static gboolean
read_word (Gate *self)
{
  static const char *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize length = strlen (words[i]);

    if ((gsize)(self->end - self->at) >= length && memcmp (self->at, words[i], length) == 0) {
      self->at += length;
      return TRUE;
    }
  }
  return fail (self, "a value was expected");
}

/* A value with the space around it. */
static gboolean
read_value (Gate *self)
{
  gboolean valid;

  skip_space (self);
  if (take (self, '{'))
    valid = read_nested (self, read_members);
  else if (take (self, '['))
    valid = read_nested (self, read_elements);
  else if (take (self, '"'))
    valid = read_string (self, NULL);
  else if (peek (self) == '-' || g_ascii_isdigit (peek (self)))
    valid = read_number (self);
  else
    valid = read_word (self);
  if (valid)
    skip_space (self);
  return valid;
}

const char *
ot_gate_check (const char *text, gsize length, gsize *at_byte)
{
  Gate self = { .at = text, .end = text + length };

  if (length > OT_GATE_MAX_BYTES) {
    self.at += OT_GATE_MAX_BYTES;
    self.problem = "longer than 64 KiB";
  } else if (!g_utf8_validate_len (text, length, &self.at)) {
    self.problem = peek (&self) == '\0' ? "U+0000 is not allowed" : "not UTF-8";
  } else {
    self.at = text;
    if (read_value (&self) && self.at != self.end)
      self.problem = "something after the end";
  }
  if (self.problem != NULL && at_byte != NULL)
    *at_byte = self.at - text;
  return self.problem;
}
