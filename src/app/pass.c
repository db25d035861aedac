/* The console's passes. Keeps nothing. */

#include "pass.h"

#include <string.h>

#define PREFIX "otc_"

static char *
sign (const char *key, guint64 until_s)
{
  g_autofree char *text = g_strdup_printf ("otomo console %" G_GUINT64_FORMAT, until_s);
  g_autofree char *signature = g_compute_hmac_for_string (
      G_CHECKSUM_SHA256, (const guint8 *)key, strlen (key), text, (gssize)strlen (text));

  return g_strdup_printf (PREFIX "%012" G_GINT64_MODIFIER "x_%s", until_s, signature);
}

/* In a time that does not say where they differ. */
static gboolean
are_equal (const char *one, const char *other, gsize length)
{
  guint8 difference = 0;

  for (gsize i = 0; i < length; i++)
    difference |= (guint8)(one[i] ^ other[i]);
  return difference == 0;
}

char *
ot_pass_new (const char *key, gint64 now_us)
{
  return sign (key, (guint64)((now_us + OT_PASS_LIFE_US) / G_USEC_PER_SEC));
}

gboolean
ot_pass_is_good (const char *key, const char *pass, gint64 now_us)
{
  g_autofree char *right = NULL;
  guint64 until_s;

  if (pass == NULL || !g_str_has_prefix (pass, PREFIX))
    return FALSE;
  until_s = g_ascii_strtoull (pass + strlen (PREFIX), NULL, 16);
  right = sign (key, until_s);
  return strlen (pass) == strlen (right) && are_equal (pass, right, strlen (right))
         && until_s > (guint64)(now_us / G_USEC_PER_SEC);
}
