/* Opaque session tokens. Only their hash is stored. */

#include "token.h"

#include <sys/random.h>

char *
ot_token_new (void)
{
  guint8 bytes[32];
  GString *text = g_string_new ("ot_");

  g_assert (getrandom (bytes, sizeof bytes, 0) == sizeof bytes);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}
