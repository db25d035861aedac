/* The syntax of ids. Pure. */

#include "ids.h"

#include <string.h>

gboolean
ot_id_valid (const char *text)
{
  gsize length =
      text != NULL
          ? strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")
          : 0;

  return length >= 1 && length <= OT_ID_MAX && text[length] == '\0';
}
