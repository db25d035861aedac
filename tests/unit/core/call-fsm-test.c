/* Walks every state × event × actor against tests/data/call-fsm.tsv, the table that people read. */

#include <glib.h>
#include <string.h>

#include "call-fsm.h"

#define TABLE TEST_DATA_DIR "/call-fsm.tsv"

static const char *const state_names[OT_CALL_N_STATES] = { "requested", "ringing",      "accepted",
                                                           "in_call",   "reconnecting", "ended",
                                                           "failed" };
static const OtActor actors[] = { OT_BY_CALLER, OT_BY_CALLEE, OT_BY_SERVER };
static const char *const actor_names[] = { "caller", "callee", "server" };

static char *
effects_text (const OtCallEffect effects[OT_FSM_FX_MAX])
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < OT_FSM_FX_MAX && effects[i] != OT_FX_NONE; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", ot_call_effect_name (effects[i]));
  return g_strdup (text->len > 0 ? text->str : "-");
}

/* A rule as a line of the table, for one actor. */
static char *
rule_text (const OtCallRule *rule, OtCallState state, OtCallEvent event, const char *actor)
{
  g_autofree char *at_once = effects_text (rule->at_once);
  g_autofree char *then = effects_text (rule->then);
  const char *reason = ot_reason_name (rule->reason);

  return g_strjoin ("\t", state_names[state], ot_call_event_name (event), actor,
                    state_names[rule->to], reason != NULL ? reason : "-", at_once,
                    ot_call_rec_name (rule->record), then, NULL);
}

static GHashTable *
read_table (void)
{
  GHashTable *lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) rows = NULL;

  g_assert_true (g_file_get_contents (TABLE, &text, NULL, NULL));
  rows = g_strsplit (text, "\n", -1);
  for (int i = 1; rows[i] != NULL; i++) /* the first names the columns */
    if (rows[i][0] != '\0')
      g_hash_table_add (lines, g_strdup (rows[i]));
  return lines;
}

static void
test_every_row (void)
{
  g_autoptr (GHashTable) lines = read_table ();
  guint n_rules = 0;

  for (int state = 0; state < OT_CALL_N_STATES; state++)
    for (int event = 0; event < OT_EV_N; event++)
      for (gsize a = 0; a < G_N_ELEMENTS (actors); a++) {
        OtCode refusal = OT_CODE_NONE;
        const OtCallRule *rule =
            ot_call_fsm_find ((OtCallState)state, (OtCallEvent)event, actors[a], &refusal);
        g_autofree char *line = NULL;
        if (rule == NULL) {
          g_assert_true (refusal == OT_CODE_INVALID_STATE || refusal == OT_CODE_PERMISSION_DENIED);
          continue;
        }
        line = rule_text (rule, (OtCallState)state, (OtCallEvent)event, actor_names[a]);
        n_rules++;
        if (!g_hash_table_contains (lines, line))
          g_error ("not in " TABLE ":\n%s", line);
      }
  g_assert_cmpuint (n_rules, ==, g_hash_table_size (lines));
}

/* What holds for every rule, whatever the table says. */
static void
test_shape (void)
{
  for (int state = 0; state < OT_CALL_N_STATES; state++)
    for (int event = 0; event < OT_EV_N; event++)
      for (gsize a = 0; a < G_N_ELEMENTS (actors); a++) {
        const OtCallRule *rule =
            ot_call_fsm_find ((OtCallState)state, (OtCallEvent)event, actors[a], NULL);
        if (rule == NULL)
          continue;
        g_assert_true (ot_call_state_is_live ((OtCallState)state)
                       || event == OT_EV_REQUEST_REFUSED);
        if (rule->to != rule->from && !ot_call_state_is_live (rule->to)
            && event != OT_EV_REQUEST_REFUSED)
          g_assert_cmpint (rule->record, ==, OT_REC_ENDED);
        if (rule->record == OT_REC_ENDED)
          g_assert_true (rule->reason != OT_REASON_NONE || event == OT_EV_REJECT);
        if (rule->to == OT_CALL_ENDED)
          g_assert_true (ot_call_state_is_talking (rule->from));
        if (rule->to == OT_CALL_FAILED && event != OT_EV_FIRST_UNIT_UNPAID)
          g_assert_false (ot_call_state_is_talking (rule->from));
      }
}

static void
test_refusals (void)
{
  OtCode refusal;

  g_assert_null (ot_call_fsm_find (OT_CALL_ACCEPTED, OT_EV_ACCEPT, OT_BY_CALLEE, &refusal));
  g_assert_cmpint (refusal, ==, OT_CODE_INVALID_STATE);
  g_assert_cmpstr (ot_call_fsm_refusal_text (OT_EV_ACCEPT, refusal), ==,
                   "Cannot accept a call that is not ringing");
  g_assert_null (ot_call_fsm_find (OT_CALL_RINGING, OT_EV_ACCEPT, OT_BY_CALLER, &refusal));
  g_assert_cmpint (refusal, ==, OT_CODE_PERMISSION_DENIED);
  g_assert_null (ot_call_fsm_find (OT_CALL_RINGING, OT_EV_FIRST_RTP, OT_BY_CALLER, &refusal));
  g_assert_cmpint (refusal, ==, OT_CODE_PERMISSION_DENIED);
}

/* With --print: the table as the code has it, to be read and compared by a person. */
static void
print_table (void)
{
  g_print ("from\tevent\tby\tto\treason\tat once\trecord\tthen\n");
  for (int state = 0; state < OT_CALL_N_STATES; state++)
    for (int event = 0; event < OT_EV_N; event++)
      for (gsize a = 0; a < G_N_ELEMENTS (actors); a++) {
        const OtCallRule *rule =
            ot_call_fsm_find ((OtCallState)state, (OtCallEvent)event, actors[a], NULL);
        g_autofree char *line =
            rule != NULL ? rule_text (rule, (OtCallState)state, (OtCallEvent)event, actor_names[a])
                         : NULL;
        if (line != NULL)
          g_print ("%s\n", line);
      }
}

int
main (int argc, char **argv)
{
  if (argc > 1 && g_str_equal (argv[1], "--print")) {
    print_table ();
    return 0;
  }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/call-fsm/every-row", test_every_row);
  g_test_add_func ("/call-fsm/shape", test_shape);
  g_test_add_func ("/call-fsm/refusals", test_refusals);
  return g_test_run ();
}
