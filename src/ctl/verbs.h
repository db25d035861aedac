#pragma once

/**
 * CtlVerb:
 *
 * A verb of otomoctl: its words, what follows them, a line of help, and what it does with the arguments after its words
 * (argv[0] is the last word). Returns an exit code of sysexits.h.
 */
typedef struct {
  const char *words;
  const char *arguments;
  const char *help;
  int (*run) (int argc, char **argv);
} CtlVerb;

int ctl_user_add (int argc, char **argv);
int ctl_user_block (int argc, char **argv);
int ctl_user_unblock (int argc, char **argv);
int ctl_users (int argc, char **argv);
int ctl_wallet_top_up (int argc, char **argv);
int ctl_wallet_show (int argc, char **argv);
int ctl_wallet_adjust (int argc, char **argv);
int ctl_statement (int argc, char **argv);
int ctl_token (int argc, char **argv);
int ctl_calls (int argc, char **argv);
int ctl_call_show (int argc, char **argv);
int ctl_call_explain (int argc, char **argv);
int ctl_call_end (int argc, char **argv);
int ctl_channel_add (int argc, char **argv);
int ctl_channel_member (int argc, char **argv);
int ctl_channel_list (int argc, char **argv);
int ctl_webhooks (int argc, char **argv);
int ctl_webhooks_retry (int argc, char **argv);
int ctl_webhooks_test (int argc, char **argv);
int ctl_audit (int argc, char **argv);
int ctl_seed (int argc, char **argv);
int ctl_log (int argc, char **argv);
int ctl_status (int argc, char **argv);
