/* A statement and its parameters, in libpq's text format. Does not know how it gets to the
 * database. */

#include "statement.h"

OtStatement *
ot_statement_new (const char *sql)
{
  OtStatement *self = g_new0 (OtStatement, 1);

  self->sql = sql;
  self->parameters = g_ptr_array_new_with_free_func (g_free);
  self->link.data = self;
  return self;
}

OtStatement *
ot_statement_new_text (char *sql)
{
  OtStatement *self = ot_statement_new (sql);

  self->text = sql;
  return self;
}

void
ot_statement_add (OtStatement *self, const char *value)
{
  g_ptr_array_add (self->parameters, g_strdup (value));
}

void
ot_statement_add_int (OtStatement *self, gint64 value)
{
  ot_statement_add_printf (self, "%" G_GINT64_FORMAT, value);
}

void
ot_statement_add_bool (OtStatement *self, gboolean value)
{
  ot_statement_add (self, value ? "t" : "f");
}

void
ot_statement_add_bytes (OtStatement *self, const guint8 *bytes, gsize length)
{
  GString *text = g_string_new ("\\x");

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  g_ptr_array_add (self->parameters, g_string_free (text, FALSE));
}

void
ot_statement_add_printf (OtStatement *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->parameters, g_strdup_vprintf (format, args));
  va_end (args);
}

void
ot_statement_add_texts (OtStatement *self, const char *const *values)
{
  GString *text = g_string_new ("{");

  for (; *values != NULL; values++) {
    g_string_append (text, text->len > 1 ? ",\"" : "\"");
    for (const char *c = *values; *c != '\0'; c++) {
      if (*c == '"' || *c == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *c);
    }
    g_string_append_c (text, '"');
  }
  g_string_append_c (text, '}');
  g_ptr_array_add (self->parameters, g_string_free (text, FALSE));
}

static void
leave (OtStatement *self)
{
  if (self->queue != NULL)
    g_queue_unlink (self->queue, &self->link);
}

void
ot_statement_move (OtStatement *self, GQueue *queue)
{
  leave (self);
  self->queue = queue;
  if (queue != NULL)
    g_queue_push_tail_link (queue, &self->link);
}

void
ot_statement_move_front (OtStatement *self, GQueue *queue)
{
  leave (self);
  self->queue = queue;
  g_queue_push_head_link (queue, &self->link);
}

void
ot_statement_free (OtStatement *self)
{
  leave (self);
  ot_timer_cancel (&self->patience);
  ot_timer_cancel (&self->pause);
  g_ptr_array_unref (self->parameters);
  g_free (self->text);
  g_free (self);
}
