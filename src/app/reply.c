/* HTTP answers. */

#include "reply.h"

#include <json-glib/json-glib.h>

#include "store-error.h"

void
ot_reply_json (SoupServerMessage *message, guint status, char *json)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, json,
                                    strlen (json));
}

void
ot_reply_refusal (SoupServerMessage *message, guint status, const char *format, ...)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *said = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  said = g_strdup_vprintf (format, args);
  va_end (args);
  text = g_utf8_make_valid (said, -1); /* it may repeat what was asked */
  json_object_set_string_member (object, "error", text);
  ot_reply_json (message, status, json_to_string (node, FALSE));
}

gboolean
ot_reply_is_read (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD)
    return TRUE;
  ot_reply_refusal (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD");
  return FALSE;
}

void
ot_reply_store_error (SoupServerMessage *message, const GError *error)
{
  guint status = SOUP_STATUS_INTERNAL_SERVER_ERROR;

  if (g_error_matches (error, OT_STORE_ERROR, OT_STORE_ERROR_NOT_FOUND))
    status = SOUP_STATUS_NOT_FOUND;
  else if (g_error_matches (error, OT_STORE_ERROR, OT_STORE_ERROR_CONFLICT))
    status = SOUP_STATUS_CONFLICT;
  else if (g_error_matches (error, OT_STORE_ERROR, OT_STORE_ERROR_INVALID))
    status = SOUP_STATUS_BAD_REQUEST;
  else if (g_error_matches (error, OT_STORE_ERROR, OT_STORE_ERROR_UNAVAILABLE))
    status = SOUP_STATUS_SERVICE_UNAVAILABLE;
  ot_reply_refusal (message, status, "%s", error->message);
}

void
ot_reply_later (SoupServerMessage *message)
{
  g_object_ref (message);
  soup_server_message_pause (message);
}

void
ot_reply_now (SoupServerMessage *message)
{
  soup_server_message_unpause (message);
  g_object_unref (message);
}
