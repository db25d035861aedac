/* The message parser: any bytes, in both formats. What is accepted is a whole event, what is
 * refused has a code and a sentence, and nothing that goes back to a client is other than UTF-8. */

#include "target.h"

#include "codec.h"
#include "ids.h"

static void
decode (OtFormat format, const char *text, gsize length)
{
  g_auto (OtDecoded) decoded = { 0 };

  ot_codec_decode (format, text, length, &decoded);
  g_assert ((decoded.event != NULL) == (decoded.code == OT_CODE_NONE));
  g_assert ((decoded.event != NULL) == (decoded.message == NULL));
  g_assert (decoded.message == NULL || g_utf8_validate (decoded.message, -1, NULL));
  g_assert (decoded.original_event == NULL || g_utf8_validate (decoded.original_event, -1, NULL));
  g_assert (decoded.call_id == NULL || ot_id_valid (decoded.call_id));
  if (decoded.event != NULL && ot_in_get_call_id (decoded.event) != NULL)
    g_assert_cmpstr (ot_in_get_call_id (decoded.event), ==, decoded.call_id);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  for (guint format = 0; format < OT_FORMAT_N; format++)
    decode (format, (const char *)data, size);
  return 0;
}
