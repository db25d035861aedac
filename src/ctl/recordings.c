/* Verbs on recordings: list, verify, export. The last two read the files themselves: they run on
 * the server's machine, as who may read them. */

#include <gio/gio.h>
#include <stdio.h>
#include <sysexits.h>

#include "answer.h"
#include "client.h"
#include "mix.h"
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

int
ctl_recordings_verify (const CtlArguments *arguments)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_autoptr (JsonNode) root = NULL;
  guint n_checked = 0;
  guint n_bad = 0;
  int code;

  ctl_add_query (query, "call", ctl_option (arguments, "call"));
  root = ctl_request_json ("GET", "/v1/recordings", query->str, &code);
  if (root == NULL)
    return code;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (root)); i++) {
    JsonObject *row = json_array_get_object_element (json_node_get_array (root), i);
    g_autofree char *fault = NULL;

    if (!g_str_equal (json_object_get_string_member (row, "state"), "ready")
        || json_object_get_null_member (row, "file"))
      continue;
    n_checked++;
    fault = find_fault (json_object_get_string_member (row, "file"),
                        json_object_get_string_member (row, "sha256"));
    if (fault == NULL)
      continue;
    n_bad++;
    if (!ctl_switch (arguments, "json"))
      g_print ("%s: %s\n", json_object_get_string_member (row, "file"), fault);
  }
  if (ctl_switch (arguments, "json"))
    g_print ("{\"checked\": %u, \"bad\": %u}\n", n_checked, n_bad);
  else
    g_print ("%u checked, %u bad\n", n_checked, n_bad);
  return n_bad == 0 ? EX_OK : 1;
}

/* ---- export ---- */

/* Returns: (transfer full) (nullable): where this server has it. */
static char *
find_file (const char *path, int *code)
{
  g_autoptr (JsonNode) root = ctl_request_json ("GET", "/v1/recordings", NULL, code);

  if (root == NULL)
    return NULL;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (root)); i++) {
    JsonObject *row = json_array_get_object_element (json_node_get_array (root), i);

    if (g_str_equal (json_object_get_string_member (row, "path"), path)
        && g_str_equal (json_object_get_string_member (row, "state"), "ready")
        && !json_object_get_null_member (row, "file"))
      return g_strdup (json_object_get_string_member (row, "file"));
  }
  fprintf (stderr, "otomoctl: there is no complete recording %s here (otomoctl recordings list)\n",
           path);
  *code = EX_NOINPUT;
  return NULL;
}

static gboolean
copy (const char *from, const char *to, GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);

  return g_file_copy (source, target, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error);
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
  if (ctl_switch (arguments, "mix") ? ctl_mix (from, to, &error) : copy (from, to, &error)) {
    if (ctl_switch (arguments, "json"))
      g_print ("{}\n");
    return EX_OK;
  }
  fprintf (stderr, "otomoctl: %s: %s\n", to, error->message);
  return EX_CANTCREAT;
}
