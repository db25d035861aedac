/* Verbs on recordings: list, verify, export. The last two read the files themselves: they run on
 * the server's machine, as who may read them. */

#include <gio/gio.h>
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "client.h"
#include "mix.h"
#include "progress.h"
#include "verbs.h"

int
ctl_recordings_list (const CtlArguments *arguments)
{
  static const char *const columns[] = { "CALL=call_id",
                                         "STARTED=started_at",
                                         "OFFSET ms=offset_ms",
                                         "LENGTH ms=length_ms",
                                         "BYTES=bytes",
                                         "STATE=state",
                                         "PATH=path",
                                         "WHAT WAS WRONG=message",
                                         NULL };
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "call", ctl_option (arguments, "call"));
  return ctl_answer_list (arguments, "/v1/recordings", query->str, columns);
}

/* ---- verify ---- */

/* Returns: (transfer full) (nullable): what is wrong. */
static char *
find_fault (const char *file, const char *sha256)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  FILE *stream = fopen (file, "rb");
  guchar buffer[65536];
  gsize n;

  if (stream == NULL)
    return g_strdup ("it can't be read");
  while ((n = fread (buffer, 1, sizeof buffer, stream)) > 0)
    g_checksum_update (checksum, buffer, (gssize)n);
  fclose (stream);
  return g_str_equal (g_checksum_get_string (checksum), sha256)
             ? NULL
             : g_strdup ("it is not what was recorded: the SHA-256 differs");
}

/* Whether it is complete, and this server's. */
static gboolean
is_here (JsonObject *row)
{
  return g_str_equal (json_object_get_string_member (row, "state"), "ready")
         && !json_object_get_null_member (row, "file");
}

/* The server's answer has an end: the next page begins behind @last, (nullable). */
static JsonNode *
ask_for_page (const CtlArguments *arguments, JsonObject *last, int *code)
{
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "call", ctl_option (arguments, "call"));
  if (last != NULL) {
    ctl_add_query (query, "before", json_object_get_string_member (last, "path"));
    ctl_add_query (query, "node", json_object_get_string_member (last, "node_id"));
  }
  return ctl_request_json ("GET", "/v1/recordings", query->str, code);
}

typedef struct {
  gboolean is_told; /* to a person */
  guint n_checked;
  guint n_bad;
} Verification;

static void
verify_row (JsonArray *page, guint index, JsonNode *element, gpointer user_data)
{
  Verification *self = user_data;
  JsonObject *row = json_node_get_object (element);
  g_autofree char *fault = NULL;

  if (!is_here (row))
    return;
  self->n_checked++;
  fault = find_fault (json_object_get_string_member (row, "file"),
                      json_object_get_string_member (row, "sha256"));
  if (fault == NULL)
    return;
  self->n_bad++;
  if (self->is_told)
    g_print ("%s: %s\n", json_object_get_string_member (row, "file"), fault);
}

int
ctl_recordings_verify (const CtlArguments *arguments)
{
  Verification verification = { .is_told = !ctl_switch (arguments, "json") };
  JsonObject *last = NULL;
  g_autoptr (JsonNode) page = NULL;
  guint n;

  do {
    int code;
    g_autoptr (JsonNode) behind = page;

    page = ask_for_page (arguments, last, &code);
    if (page == NULL)
      return code;
    json_array_foreach_element (json_node_get_array (page), verify_row, &verification);
    n = json_array_get_length (json_node_get_array (page));
    last = n > 0 ? json_array_get_object_element (json_node_get_array (page), n - 1) : NULL;
  } while (n > 0);
  if (ctl_switch (arguments, "json"))
    g_print ("{\"checked\": %u, \"bad\": %u}\n", verification.n_checked, verification.n_bad);
  else
    g_print ("%u checked, %u bad\n", verification.n_checked, verification.n_bad);
  return verification.n_bad == 0 ? EX_OK : 1;
}

/* ---- export ---- */

/* Returns: (transfer full) (nullable): where this server has it. */
static char *
find_file (const char *path, int *code)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autoptr (JsonNode) root = NULL;

  ctl_add_query (query, "path", path);
  root = ctl_request_json ("GET", "/v1/recordings", query->str, code);
  if (root == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (root)); i++) {
    JsonObject *row = json_array_get_object_element (json_node_get_array (root), i);

    if (is_here (row))
      return g_strdup (json_object_get_string_member (row, "file"));
  }
  fprintf (stderr, "otomoctl: there is no complete recording %s here (otomoctl recordings list)\n",
           path);
  *code = EX_NOINPUT;
  return NULL;
}

static void
on_copied (goffset done, goffset total, gpointer progress)
{
  ctl_progress_set (progress, done, total);
}

static gboolean
copy (const char *from, const char *to, CtlProgress *progress, GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);

  return g_file_copy (source, target, G_FILE_COPY_OVERWRITE, NULL, on_copied, progress, error);
}

static gboolean export(const CtlArguments *arguments,
                       const char *from,
                       const char *to,
                       GError **error)
{
  g_autoptr (CtlProgress) progress = ctl_progress_new ("exporting");

  return ctl_switch (arguments, "mix") ? ctl_mix (from, to, progress, error)
                                       : copy (from, to, progress, error);
}

int
ctl_recordings_export (const CtlArguments *arguments)
{
  const char *to = ctl_argument (arguments, 1);
  g_autoptr (GError) error = NULL;
  int code = EX_OK;
  g_autofree char *from = find_file (ctl_argument (arguments, 0), &code);

  if (from == NULL)
    return code;
  if (export(arguments, from, to, &error)) {
    if (ctl_switch (arguments, "json"))
      g_print ("{}\n");
    return EX_OK;
  }
  fprintf (stderr, "otomoctl: %s: %s\n", to, error->message);
  return EX_CANTCREAT;
}
