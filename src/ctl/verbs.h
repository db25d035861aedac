#pragma once

#include "arguments.h"

/**
 * CtlOption: an option of a verb. @value: what it takes, for people; NULL: a switch.
 */
typedef struct {
  const char *name;
  const char *value;
  gboolean needed;
  const char *about;
} CtlOption;

/**
 * CtlVerb:
 *
 * A verb of otomoctl as verbs.toml describes it: its words, what has to follow them, its options,
 * and what it does. Every verb has --json besides. @run returns an exit code of sysexits.h.
 */
struct _CtlVerb {
  const char *words;
  const char *about;
  const char *const *arguments; /* (array zero-terminated=1): their names, for people */
  const CtlOption *options;     /* ends with a NULL name */
  int (*run) (const CtlArguments *arguments);
};

/** ctl_verbs: (array zero-terminated=1): ends with NULL words. Where two begin alike, the longer
 * comes first. */
extern const CtlVerb ctl_verbs[];

/** ctl_verb_usage: one line: the verb with its arguments and options. Returns: (transfer full) */
char *ctl_verb_usage (const CtlVerb *self);

/* The functions of the verbs, by their words; what each does stands in verbs.toml. Returns: an exit
 * code; what went wrong was said on standard error. */
int ctl_user_add (const CtlArguments *arguments);
int ctl_user_block (const CtlArguments *arguments);
int ctl_user_unblock (const CtlArguments *arguments);
int ctl_users (const CtlArguments *arguments);
int ctl_wallet_top_up (const CtlArguments *arguments);
int ctl_wallet_show (const CtlArguments *arguments);
int ctl_wallet_adjust (const CtlArguments *arguments);
int ctl_statement (const CtlArguments *arguments);
int ctl_token (const CtlArguments *arguments);
int ctl_calls (const CtlArguments *arguments);
int ctl_live (const CtlArguments *arguments);
int ctl_call_show (const CtlArguments *arguments);
int ctl_call_explain (const CtlArguments *arguments);
int ctl_call_record (const CtlArguments *arguments);
int ctl_call_end (const CtlArguments *arguments);
int ctl_channel_add (const CtlArguments *arguments);
int ctl_channel_member (const CtlArguments *arguments);
int ctl_channel_list (const CtlArguments *arguments);
int ctl_recordings_list (const CtlArguments *arguments);
int ctl_recordings_verify (const CtlArguments *arguments);
int ctl_recordings_export (const CtlArguments *arguments);
int ctl_webhooks (const CtlArguments *arguments);
int ctl_webhooks_retry (const CtlArguments *arguments);
int ctl_webhooks_test (const CtlArguments *arguments);
int ctl_audit (const CtlArguments *arguments);
int ctl_seed (const CtlArguments *arguments);
int ctl_load_test (const CtlArguments *arguments);
int ctl_reload (const CtlArguments *arguments);
int ctl_log (const CtlArguments *arguments);
int ctl_console (const CtlArguments *arguments);
int ctl_status (const CtlArguments *arguments);
