/* The file of what operators did. Owns its descriptor; decides only which requests count. A line is
 * written at once: it is short, and an act that left none would be worse than a slow disk. */

#include "audit-log.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define TOPIC "otomo-audit"

struct _OtAuditLog {
  gatomicrefcount references; /* each watched request holds one */
  int fd;                     /* owned; -1: the log */
  const OtClock *clock;       /* borrowed */
};

typedef struct {
  OtAuditLog *log; /* a reference */
  OtAuditDoor door;
} Watch;

static void
unref (OtAuditLog *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

static int
open_file (const char *path, GError **error)
{
  int fd = open (path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "log.audit_file: %s: %s",
                 path, g_strerror (errno));
  return fd;
}

OtAuditLog *
ot_audit_log_new (const char *path, const OtClock *clock, GError **error)
{
  OtAuditLog *self = g_new0 (OtAuditLog, 1);

  g_atomic_ref_count_init (&self->references);
  self->fd = -1;
  self->clock = clock;
  if (!ot_audit_log_set_file (self, path, error))
    g_clear_pointer (&self, unref);
  return self;
}

void
ot_audit_log_free (OtAuditLog *self)
{
  if (self != NULL)
    unref (self);
}

gboolean
ot_audit_log_set_file (OtAuditLog *self, const char *path, GError **error)
{
  int fd = path != NULL ? open_file (path, error) : -1;

  if (path != NULL && fd < 0)
    return FALSE;
  if (self->fd >= 0)
    close (self->fd);
  self->fd = fd;
  return TRUE;
}

static void
add (JsonBuilder *builder, const char *name, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);

  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, valid);
}

static char *
to_json (const OtAuditLog *self, SoupServerMessage *message, OtAuditDoor door)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GDateTime) epoch = g_date_time_new_from_unix_utc (0);
  g_autoptr (GDateTime) now = g_date_time_add (epoch, ot_clock_wall_us (self->clock));
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%f");
  g_autofree char *who =
      door == OT_AUDIT_SOCKET
          ? g_strdup ("socket")
          : g_strdup_printf ("console %s", soup_server_message_get_remote_host (message));
  GUri *uri = soup_server_message_get_uri (message);
  g_autofree char *at = g_strdup_printf ("%.23sZ", stamp);

  json_builder_begin_object (builder);
  add (builder, "at", at);
  add (builder, "by", who);
  add (builder, "method", soup_server_message_get_method (message));
  add (builder, "path", g_uri_get_path (uri));
  add (builder, "query", g_uri_get_query (uri));
  json_builder_set_member_name (builder, "status");
  json_builder_add_int_value (builder, soup_server_message_get_status (message));
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static void
on_finished (SoupServerMessage *message, Watch *watch)
{
  OtAuditLog *self = watch->log;
  gboolean counts = soup_server_message_get_method (message) != SOUP_METHOD_GET
                    || soup_server_message_get_status (message) >= 400;
  g_autofree char *json = counts ? to_json (self, message, watch->door) : NULL;
  g_autofree char *line = g_strconcat (json != NULL ? json : "", "\n", NULL);

  if (json == NULL)
    return;
  if (self->fd < 0)
    ot_log_write (TOPIC, OT_LOG_INFO, NULL, __FILE__, __LINE__, "%s", json);
  else if (write (self->fd, line, strlen (line)) != (ssize_t)strlen (line))
    ot_error ("the audit log can't be written: %s; lost: %s", g_strerror (errno), json);
}

static void
forget (gpointer data, GClosure *closure)
{
  Watch *watch = data;

  unref (watch->log);
  g_free (watch);
}

void
ot_audit_log_watch (OtAuditLog *self, SoupServerMessage *message, OtAuditDoor door)
{
  Watch *watch = g_new (Watch, 1);

  g_atomic_ref_count_inc (&self->references);
  *watch = (Watch){ self, door };
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished), watch, forget, 0);
}
