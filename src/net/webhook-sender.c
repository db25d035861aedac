/* The way out to the operator's systems. Owns the HTTP session and the secrets; keeps nothing of
 * what it sends. */

#include "webhook-sender.h"

#include <libsoup/soup.h>
#include <string.h>

#include "webhook.h"

struct _OtWebhookSender {
  SoupSession *session; /* owned */
  GUri *uri;            /* owned */
  OtWebhookKeys *keys;  /* owned */
  const OtClock *clock; /* borrowed */
};

static OtWebhookKeys *
read_keys (const char *file, GError **error)
{
  g_autofree char *text = NULL;
  OtWebhookKeys *keys;

  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  keys = ot_webhook_keys_parse (text, error);
  explicit_bzero (text, strlen (text));
  if (keys == NULL)
    g_prefix_error (error, "webhook.secret_file %s: ", file);
  return keys;
}

static GUri *
parse_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";

  if (g_str_equal (scheme, "http") || g_str_equal (scheme, "https"))
    return g_steal_pointer (&uri);
  g_set_error (error, OT_WEBHOOK_SENDER_ERROR, OT_WEBHOOK_SENDER_ERROR_URL,
               "webhook.url: \"%s\" is no http or https URL", url);
  return NULL;
}

OtWebhookSender *
ot_webhook_sender_new (const char *url,
                       const char *secret_file,
                       guint connections,
                       const OtClock *clock,
                       GError **error)
{
  OtWebhookSender *self = g_new0 (OtWebhookSender, 1);

  self->clock = clock;
  self->session = soup_session_new_with_options (
      "timeout", OT_WEBHOOK_TIMEOUT_SECONDS, "idle-timeout", 60, "max-conns", (int)connections,
      "max-conns-per-host", (int)connections, "user-agent", "Otomo/" OT_VERSION, NULL);
  if (!ot_webhook_sender_set_endpoint (self, url, secret_file, error))
    g_clear_pointer (&self, ot_webhook_sender_free);
  return self;
}

void
ot_webhook_sender_free (OtWebhookSender *self)
{
  soup_session_abort (self->session);
  g_object_unref (self->session);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->keys, ot_webhook_keys_free);
  g_free (self);
}

gboolean
ot_webhook_sender_set_endpoint (OtWebhookSender *self,
                                const char *url,
                                const char *secret_file,
                                GError **error)
{
  g_autoptr (GUri) uri = parse_url (url, error);
  OtWebhookKeys *keys = uri != NULL ? read_keys (secret_file, error) : NULL;

  if (keys == NULL)
    return FALSE;
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->keys, ot_webhook_keys_free);
  self->uri = g_steal_pointer (&uri);
  self->keys = keys;
  return TRUE;
}

const char *
ot_webhook_sender_get_host (const OtWebhookSender *self)
{
  return g_uri_get_host (self->uri);
}

/* ---- one post ---- */

/* The session's time-out is one of each step; a server that sends a byte now and then would never
 * meet it. */
typedef struct {
  SoupMessage *message;   /* owned */
  GCancellable *patience; /* owned; cancelled from outside, or when the time is over */
  GCancellable *outer;    /* owned, nullable */
  gulong outer_id;
  GSource *timeout; /* owned */
} Post;

static void
post_free (gpointer data)
{
  Post *self = data;

  g_source_destroy (self->timeout);
  g_source_unref (self->timeout);
  if (self->outer != NULL)
    g_cancellable_disconnect (self->outer, self->outer_id);
  g_clear_object (&self->outer);
  g_object_unref (self->patience);
  g_object_unref (self->message);
  g_free (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_CONTINUE; /* destroyed with its post */
}

static void
on_outer_cancelled (GCancellable *outer, gpointer patience)
{
  g_cancellable_cancel (patience);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Post *post = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) answer =
      soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (answer != NULL) { /* its body is of no interest, and might have no end */
    g_task_return_int (task, soup_message_get_status (post->message));
    g_input_stream_close_async (answer, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  } else if (post->outer != NULL && g_cancellable_is_cancelled (post->outer)) {
    g_task_return_error (task, g_steal_pointer (&error));
  } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within %d s",
                             OT_WEBHOOK_TIMEOUT_SECONDS);
  } else {
    g_task_return_error (task, g_steal_pointer (&error));
  }
}

static SoupMessage *
make_message (const OtWebhookSender *self, const char *id, const char *body)
{
  SoupMessage *message = soup_message_new_from_uri ("POST", self->uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  gint64 now_seconds = ot_clock_wall_us (self->clock) / G_USEC_PER_SEC;
  g_autofree char *timestamp = g_strdup_printf ("%" G_GINT64_FORMAT, now_seconds);
  g_autofree char *signature = ot_webhook_sign (self->keys, id, now_seconds, body);
  g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_set_request_body_from_bytes (message, "application/json", bytes);
  soup_message_headers_append (headers, "webhook-id", id);
  soup_message_headers_append (headers, "webhook-timestamp", timestamp);
  soup_message_headers_append (headers, "webhook-signature", signature);
  return message;
}

void
ot_webhook_sender_post_async (OtWebhookSender *self,
                              const char *id,
                              const char *body,
                              GCancellable *cancellable,
                              GAsyncReadyCallback done,
                              gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, done, user_data);
  Post *post = g_new0 (Post, 1);

  g_task_set_source_tag (task, ot_webhook_sender_post_async);
  g_task_set_task_data (task, post, post_free);
  post->message = make_message (self, id, body);
  post->patience = g_cancellable_new ();
  post->timeout = g_timeout_source_new_seconds (OT_WEBHOOK_TIMEOUT_SECONDS);
  g_source_set_callback (post->timeout, on_timeout, post->patience, NULL);
  g_source_attach (post->timeout, g_main_context_get_thread_default ());
  if (cancellable != NULL) {
    post->outer = g_object_ref (cancellable);
    post->outer_id = g_cancellable_connect (cancellable, G_CALLBACK (on_outer_cancelled),
                                            g_object_ref (post->patience), g_object_unref);
  }
  soup_session_send_async (self->session, post->message, G_PRIORITY_DEFAULT, post->patience,
                           on_sent, task);
}

guint
ot_webhook_sender_post_finish (GAsyncResult *result, GError **error)
{
  gssize status = g_task_propagate_int (G_TASK (result), error);

  return status > 0 ? (guint)status : 0;
}
