/* otomod. Options, exit codes, the loop; everything else is built by app/app.c.
 *
 * The main path of a message: a frame in net/session → wire/codec makes it an OtIn → app/router →
 * call/registry finds the call → call/call.c asks core/call-fsm what the rules say → at once:
 * media/, timers → the outbox: store/ → after the commit: call/announce → net/hub → wire/codec →
 * the frame out. */

#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "app.h"
#include "config.h"
#include "metrics.h"
#include "paths.h"
#include "version.h"

typedef struct {
  char *config;
  char *listen;
  char *state_dir;
  char *database;
  char **sets;
  gboolean dev;
  gboolean print_config;
  gboolean print_metrics;
  gboolean version;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->config);
  g_free (options->listen);
  g_free (options->state_dir);
  g_free (options->database);
  g_strfreev (options->sets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  /* clang-format off */
  const GOptionEntry entries[] = {
    { "dev", 0, 0, G_OPTION_ARG_NONE, &options->dev, "Demo people, and a page to try it at /", NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config, "Settings, a key file", "FILE" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &options->listen, "Same as --set server.listen=…", "ADDR:PORT" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->state_dir, "Where the server keeps its state", "DIR" },
    { "database", 0, 0, G_OPTION_ARG_STRING, &options->database, "Same as --set database.url=…", "URL" },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->sets, "One setting; can be repeated", "GROUP.KEY=VALUE" },
    { "print-config", 0, 0, G_OPTION_ARG_NONE, &options->print_config, "Prints all settings and ends", NULL },
    { "print-metrics", 0, 0, G_OPTION_ARG_NONE, &options->print_metrics, "Prints what /metrics can show and ends", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Prints the versions of everything and ends", NULL },
    { NULL },
  };
  /* clang-format on */
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Otomo: a media server for paid 1:1 voice calls.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "\"%s\" is not an option",
                 (*argv)[1]);
    return FALSE;
  }
  return TRUE;
}

/* --listen and --database are settings by a shorter name. */
static OtConfig *
read_config (const Options *options, GError **error)
{
  g_autoptr (GStrvBuilder) sets = g_strv_builder_new ();
  g_autofree char *listen = g_strconcat ("server.listen=", options->listen, NULL);
  g_autofree char *database = g_strconcat ("database.url=", options->database, NULL);
  g_auto (GStrv) all = NULL;

  if (options->sets != NULL)
    g_strv_builder_addv (sets, (const char **)options->sets);
  if (options->listen != NULL)
    g_strv_builder_add (sets, listen);
  if (options->database != NULL)
    g_strv_builder_add (sets, database);
  all = g_strv_builder_end (sets);
  return ot_config_new (options->config, (const char *const *)all, error);
}

static int
fail (int code, const GError *error)
{
  fprintf (stderr, "otomod: %s\n", error->message);
  return code;
}

/* GLib before 2.76 keeps small pieces of memory for itself and never gives them back: after 10,000
 * connections they would be missed for good. What it does instead can only be said before it
 * starts, so the program begins a second time. */
static void
begin_with_plain_malloc (char **argv)
{
  g_autofree char *program = NULL;

  if (glib_check_version (2, 76, 0) == NULL || g_getenv ("G_SLICE") != NULL)
    return;
  program = g_file_read_link ("/proc/self/exe", NULL);
  g_setenv ("G_SLICE", "always-malloc", TRUE);
  if (program != NULL)
    execv (program, argv); /* comes back when it failed: then the memory is missed */
}

int
main (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (OtConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *state_dir = NULL;

  begin_with_plain_malloc (argv);
  setlocale (LC_ALL, "C.UTF-8");
  if (!parse_options (&options, &argc, &argv, &error))
    return fail (EX_USAGE, error);
  if (options.version) {
    ot_version_print ();
    return EX_OK;
  }
  if (options.print_metrics) {
    ot_metrics_print ();
    return EX_OK;
  }
  config = read_config (&options, &error);
  if (config == NULL)
    return fail (EX_CONFIG, error);
  if (options.print_config) {
    ot_config_print (config);
    return EX_OK;
  }
  state_dir = options.state_dir != NULL ? g_canonicalize_filename (options.state_dir, NULL)
                                        : ot_default_state_dir ();
  if (!ot_app_run (config, state_dir, options.dev, &error))
    return fail (error->domain == OT_CONFIG_ERROR ? EX_CONFIG : EX_UNAVAILABLE, error);
  return EX_OK;
}
