/* What a load balancer asks. */

#include "health.h"

#include "reply.h"

typedef struct {
  OtHealthAsk ask;
  gpointer user_data;
} Question;

static gboolean
is_ready (const OtHealth *self)
{
  return self->database && self->media && !self->busy && !self->draining;
}

/* @json: (transfer full) */
static void
answer (SoupServerMessage *message, gboolean good, char *json)
{
  if (!ot_reply_is_read (message)) {
    g_free (json);
    return;
  }
  soup_message_headers_append (soup_server_message_get_response_headers (message), "Cache-Control",
                               "no-store");
  ot_reply_json (message, good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, json);
}

static void
on_health (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer user_data)
{
  answer (message, TRUE, g_strdup ("{\"alive\": true}"));
}

static const char *
word (gboolean it)
{
  return it ? "true" : "false";
}

static void
on_ready (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  Question *question = user_data;
  OtHealth health = question->ask (question->user_data);
  gboolean ready = is_ready (&health);

  answer (message, ready,
          g_strdup_printf ("{\"ready\": %s, \"database\": %s, \"media\": %s, \"busy\": %s, "
                           "\"draining\": %s}",
                           word (ready), word (health.database), word (health.media),
                           word (health.busy), word (health.draining)));
}

void
ot_health_add (SoupServer *server, OtHealthAsk ask, gpointer user_data)
{
  Question *question = g_new (Question, 1);

  *question = (Question){ ask, user_data };
  soup_server_add_handler (server, "/healthz", on_health, NULL, NULL);
  soup_server_add_handler (server, "/readyz", on_ready, question, g_free);
}
