/* load-test: makes people for it at the server, then lets otomo-load (src/load/) call them. */

#include <gio/gio.h>
#include <sysexits.h>
#include <unistd.h>

#include "seed.h"
#include "verbs.h"

#define BALANCE "1000000"
#define URL "ws://127.0.0.1:8080/v1/socket"

/* (transfer full): beside this program, as in a build directory, or where it was installed. */
static char *
find_program (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = self != NULL ? g_path_get_dirname (self) : g_strdup (".");
  g_autofree char *beside = g_build_filename (dir, "otomo-load", NULL);

  if (g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&beside);
  return g_build_filename (OT_LIBEXECDIR, "otomo-load", NULL);
}

static gint64
number_of (const CtlArguments *arguments, const char *name, const char *otherwise)
{
  const char *value = ctl_option (arguments, name);

  return g_ascii_strtoll (value != NULL ? value : otherwise, NULL, 10);
}

/* (transfer full) (nullable): u1 … oN exist from now on; a file with their tokens. */
static char *
seed (const CtlArguments *arguments, int *code)
{
  gint64 pairs = number_of (arguments, "first-id", "1") + number_of (arguments, "calls", "10") - 1
                 + (number_of (arguments, "idle", "0") + 1) / 2;
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, pairs);
  g_autofree char *lines = ctl_seed_people (number, BALANCE, code);
  g_autofree char *file = NULL;
  g_autoptr (GError) error = NULL;
  int open_file;

  if (lines == NULL)
    return NULL;
  open_file = g_file_open_tmp ("otomo-load-XXXXXX", &file, &error);
  if (open_file >= 0) {
    close (open_file);
    if (g_file_set_contents (file, lines, -1, &error))
      return g_steal_pointer (&file);
    unlink (file);
  }
  g_printerr ("otomoctl: %s\n", error->message);
  *code = EX_CANTCREAT;
  return NULL;
}

static void
add_option (GStrvBuilder *to,
            const CtlArguments *arguments,
            const char *name,
            const char *otherwise)
{
  const char *value = ctl_option (arguments, name);
  g_autofree char *word = g_strdup_printf ("--%s=%s", name, value != NULL ? value : otherwise);

  if (value != NULL || otherwise != NULL)
    g_strv_builder_add (to, word);
}

/* Its output is ours, and so is its exit code. */
static int
run (const CtlArguments *arguments, const char *tokens)
{
  static const char *const passed_on[] = { "calls",   "idle", "first-id",  "rate",
                                           "seconds", "hold", "server-pid" };
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();
  g_autofree char *program = find_program ();
  g_autofree char *tokens_word = g_strconcat ("--tokens=", tokens, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_auto (GStrv) words = NULL;

  g_strv_builder_add_many (line, program, tokens_word, NULL);
  add_option (line, arguments, "url", URL);
  for (guint i = 0; i < G_N_ELEMENTS (passed_on); i++)
    add_option (line, arguments, passed_on[i], NULL);
  if (ctl_switch (arguments, "json"))
    g_strv_builder_add (line, "--json");
  words = g_strv_builder_end (line);
  process = g_subprocess_newv ((const char *const *)words, G_SUBPROCESS_FLAGS_NONE, &error);
  if (process == NULL || !g_subprocess_wait (process, NULL, &error)) {
    g_printerr ("otomoctl: %s\n", error->message);
    return EX_OSERR;
  }
  return g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                              : EX_SOFTWARE;
}

int
ctl_load_test (const CtlArguments *arguments)
{
  int code;
  g_autofree char *tokens = seed (arguments, &code);

  if (tokens == NULL)
    return code;
  code = run (arguments, tokens);
  unlink (tokens);
  return code;
}
