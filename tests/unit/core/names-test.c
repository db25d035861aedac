/* Ids and wire names. */

#include <glib.h>
#include <string.h>

#include "ids.h"
#include "reason.h"

static void
test_ids (void)
{
  char text[OT_ID_MAX + 2];

  g_assert_true (ot_id_valid ("call_abc123"));
  g_assert_true (ot_id_valid ("3f1c8a52-7a3b-4f1e-9b52-1f2e3d4c5b6a"));
  g_assert_true (ot_id_valid ("a.b:c_D-9"));
  g_assert_false (ot_id_valid (NULL));
  g_assert_false (ot_id_valid (""));
  g_assert_false (ot_id_valid ("a b"));
  g_assert_false (ot_id_valid ("../etc"));
  g_assert_false (ot_id_valid ("é"));
  memset (text, 'a', sizeof text);
  text[OT_ID_MAX] = '\0';
  g_assert_true (ot_id_valid (text));
  text[OT_ID_MAX] = 'a';
  text[OT_ID_MAX + 1] = '\0';
  g_assert_false (ot_id_valid (text));
}

static void
test_every_name (void)
{
  for (int i = OT_REASON_NONE + 1; i < OT_REASON_N; i++)
    g_assert_cmpint (ot_reason_parse (ot_reason_name ((OtReason)i)), ==, i);
  g_assert_cmpint (ot_reason_parse ("nonsense"), ==, OT_REASON_NONE);
  g_assert_cmpint (ot_reason_parse (NULL), ==, OT_REASON_NONE);
  for (int i = OT_CODE_NONE + 1; i < OT_CODE_N; i++)
    g_assert_nonnull (ot_code_name ((OtCode)i));
  for (int i = 0; i < OT_CALL_N_STATES; i++)
    g_assert_nonnull (ot_call_state_name ((OtCallState)i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/ids", test_ids);
  g_test_add_func ("/names/every-name", test_every_name);
  return g_test_run ();
}
