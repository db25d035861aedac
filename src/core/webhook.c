/* The rules of deliveries to the operator's systems. Pure: neither sends nor stores anything. */

#include "webhook.h"

#include <string.h>

#define PAUSE_MAX_US (8 * 60 * 60 * (gint64)G_USEC_PER_SEC)
#define PREFIX "whsec_"
#define SECRETS_MAX 2
#define SECRET_MIN_BYTES 24
#define SECRET_MAX_BYTES 64
#define SHA256_BYTES 32

struct _OtWebhookKeys {
  int n_secrets;
  struct {
    guchar *bytes; /* owned */
    gsize length;
  } secret[SECRETS_MAX];
};

const char *
ot_webhook_verdict_name (OtWebhookVerdict verdict)
{
  static const char *const names[] = {
    [OT_WEBHOOK_SENT] = "sent",
    [OT_WEBHOOK_AGAIN] = "again",
    [OT_WEBHOOK_DEAD] = "dead",
  };

  return names[verdict];
}

OtWebhookVerdict
ot_webhook_judge (guint status, int tries, int max_tries)
{
  if (status >= 200 && status < 300)
    return OT_WEBHOOK_SENT;
  return status == 410 || tries >= max_tries ? OT_WEBHOOK_DEAD : OT_WEBHOOK_AGAIN;
}

gint64
ot_webhook_pause_us (gint64 first_us, int tries, double luck)
{
  gint64 pause_us = first_us;

  for (int i = 1; i < tries && pause_us < PAUSE_MAX_US; i++)
    pause_us *= 3;
  pause_us = MIN (pause_us, PAUSE_MAX_US);
  return pause_us + (gint64)((double)pause_us / 4 * luck);
}

/* ---- keys ---- */

static gboolean
add_secret (OtWebhookKeys *self, const char *line, GError **error)
{
  static const char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  const char *text = line + strlen (PREFIX);
  g_autofree guchar *bytes = NULL;
  gsize length = 0;

  if (g_str_has_prefix (line, PREFIX) && text[0] != '\0'
      && strspn (text, alphabet) == strlen (text))
    bytes = g_base64_decode (text, &length);
  if (bytes == NULL || length < SECRET_MIN_BYTES || length > SECRET_MAX_BYTES) {
    g_set_error (error, OT_WEBHOOK_ERROR, OT_WEBHOOK_ERROR_SECRET,
                 "a secret is \"%s\" and %d to %d random bytes in Base64", PREFIX, SECRET_MIN_BYTES,
                 SECRET_MAX_BYTES);
    return FALSE;
  }
  if (self->n_secrets == SECRETS_MAX) {
    g_set_error (error, OT_WEBHOOK_ERROR, OT_WEBHOOK_ERROR_SECRET, "there are more than %d secrets",
                 SECRETS_MAX);
    return FALSE;
  }
  self->secret[self->n_secrets].bytes = g_steal_pointer (&bytes);
  self->secret[self->n_secrets++].length = length;
  return TRUE;
}

OtWebhookKeys *
ot_webhook_keys_parse (const char *text, GError **error)
{
  g_autoptr (OtWebhookKeys) self = g_new0 (OtWebhookKeys, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0' && !add_secret (self, lines[i], error))
      return NULL;
  if (self->n_secrets > 0)
    return g_steal_pointer (&self);
  g_set_error (error, OT_WEBHOOK_ERROR, OT_WEBHOOK_ERROR_SECRET, "there is no secret in it");
  return NULL;
}

void
ot_webhook_keys_free (OtWebhookKeys *self)
{
  for (int i = 0; i < self->n_secrets; i++) {
    explicit_bzero (self->secret[i].bytes, self->secret[i].length);
    g_free (self->secret[i].bytes);
  }
  g_free (self);
}

char *
ot_webhook_sign (const OtWebhookKeys *self, const char *id, gint64 timestamp, const char *body)
{
  g_autofree char *content = g_strdup_printf ("%s.%" G_GINT64_FORMAT ".%s", id, timestamp, body);
  GString *header = g_string_new (NULL);

  for (int i = 0; i < self->n_secrets; i++) {
    g_autoptr (GHmac) hmac =
        g_hmac_new (G_CHECKSUM_SHA256, self->secret[i].bytes, self->secret[i].length);
    guint8 digest[SHA256_BYTES];
    gsize length = sizeof digest;
    g_autofree char *text = NULL;

    g_hmac_update (hmac, (const guchar *)content, (gssize)strlen (content));
    g_hmac_get_digest (hmac, digest, &length);
    text = g_base64_encode (digest, length);
    g_string_append_printf (header, "%sv1,%s", i > 0 ? " " : "", text);
  }
  return g_string_free (header, FALSE);
}
