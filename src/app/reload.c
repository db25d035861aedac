/* The report of a reload, for the log and for otomoctl. Does nothing itself. */

#include "reload.h"

#include <json-glib/json-glib.h>

#include "log.h"

void
ot_reload_init (OtReload *self)
{
  self->changed = g_ptr_array_new_with_free_func (g_free);
  self->kept = g_ptr_array_new_with_free_func (g_free);
  self->failed = g_ptr_array_new_with_free_func (g_free);
}

void
ot_reload_clear (OtReload *self)
{
  g_clear_pointer (&self->changed, g_ptr_array_unref);
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  g_clear_pointer (&self->failed, g_ptr_array_unref);
}

void
ot_reload_add_failure (OtReload *self, GError *error)
{
  if (error == NULL)
    return;
  g_ptr_array_add (self->failed, g_strdup (error->message));
  g_error_free (error);
}

void
ot_reload_log (const OtReload *self)
{
  for (guint i = 0; i < self->changed->len; i++)
    ot_info ("reload: %s is changed", (const char *)self->changed->pdata[i]);
  for (guint i = 0; i < self->kept->len; i++)
    ot_warning ("reload: %s needs a new start; it is as before",
                (const char *)self->kept->pdata[i]);
  for (guint i = 0; i < self->failed->len; i++)
    ot_warning ("reload: what was there stays: %s", (const char *)self->failed->pdata[i]);
  if (self->failed->len == 0)
    ot_info ("reload: certificate and keys were read; %u settings are changed, %u need a new start",
             self->changed->len, self->kept->len);
}

static void
add (JsonBuilder *builder, const char *name, const GPtrArray *texts)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < texts->len; i++)
    json_builder_add_string_value (builder, texts->pdata[i]);
  json_builder_end_array (builder);
}

char *
ot_reload_to_json (const OtReload *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add (builder, "changed", self->changed);
  add (builder, "needsStart", self->kept);
  add (builder, "failed", self->failed);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
