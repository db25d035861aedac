/* What a load balancer asks. */

#include "health.h"

#include "reply.h"

typedef struct {
  OtHealthAsk is_ready;
  gpointer user_data;
} Question;

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
  Question *question = user_data;

  answer (message, question->is_ready (question->user_data), "ready");
}

void
ot_health_add (SoupServer *server, OtHealthAsk is_ready, gpointer user_data)
{
  Question *question = g_new (Question, 1);

  *question = (Question){ is_ready, user_data };
  soup_server_add_handler (server, "/healthz", on_health, NULL, NULL);
  soup_server_add_handler (server, "/readyz", on_ready, question, g_free);
}
