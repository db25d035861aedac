/* What a load balancer asks. Reads the store's word and keeps nothing. */

#include "health.h"

#include "reply.h"

static void
answer (SoupServerMessage *message, gboolean good, const char *name)
{
  const char *method = soup_server_message_get_method (message);

  if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD) {
    ot_reply_refusal (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD");
    return;
  }
  soup_message_headers_append (soup_server_message_get_response_headers (message), "Cache-Control",
                               "no-store");
  ot_reply_json (message, good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
                 g_strdup_printf ("{\"%s\": %s}", name, good ? "true" : "false"));
}

static void
on_health (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer user_data)
{
  answer (message, TRUE, "alive");
}

static void
on_ready (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  answer (message, ot_store_is_available (user_data), "ready");
}

void
ot_health_add (SoupServer *server, OtStore *store)
{
  soup_server_add_handler (server, "/healthz", on_health, NULL, NULL);
  soup_server_add_handler (server, "/readyz", on_ready, store, NULL);
}
