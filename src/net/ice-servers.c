/* At most two entries: all STUN URLs, and all TURN URLs with one pair of credentials. Main loop
 * only, since the answer is kept until the next one. */

#include "ice-servers.h"

#include <string.h>

#define LIFETIME_SECONDS (12 * 60 * 60)
#define MAX_URLS 16

struct _OtIceServers {
  char *secret;    /* owned, nullable */
  GPtrArray *stun; /* owned; of owned URLs */
  GPtrArray *turn;
  char *username; /* owned; of the last answer */
  char *credential;
  OtIceServer answer[2];
};

static gboolean
add_url (OtIceServers *self, const char *url, GError **error)
{
  gboolean is_stun = g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "stuns:");
  gboolean is_turn = g_str_has_prefix (url, "turn:") || g_str_has_prefix (url, "turns:");
  GPtrArray *list = is_stun ? self->stun : self->turn;

  if (!is_stun && !is_turn) {
    g_set_error (error, OT_ICE_SERVERS_ERROR, OT_ICE_SERVERS_ERROR_URL,
                 "ice servers: \"%s\" is not a stun:, stuns:, turn: or turns: URL", url);
    return FALSE;
  }
  if (is_turn && self->secret == NULL) {
    g_set_error (error, OT_ICE_SERVERS_ERROR, OT_ICE_SERVERS_ERROR_SECRET,
                 "ice servers: %s needs the secret shared with the TURN server", url);
    return FALSE;
  }
  if (list->len == MAX_URLS) {
    g_set_error (error, OT_ICE_SERVERS_ERROR, OT_ICE_SERVERS_ERROR_URL,
                 "ice servers: more than %d URLs", MAX_URLS);
    return FALSE;
  }
  g_ptr_array_add (list, g_strdup (url));
  return TRUE;
}

OtIceServers *
ot_ice_servers_new (const char *urls, const char *turn_secret, GError **error)
{
  OtIceServers *self = g_new0 (OtIceServers, 1);
  g_auto (GStrv) list = g_strsplit_set (urls != NULL ? urls : "", " \t", -1);

  self->secret = g_strdup (turn_secret);
  self->stun = g_ptr_array_new_with_free_func (g_free);
  self->turn = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; list[i] != NULL; i++)
    if (list[i][0] != '\0' && !add_url (self, list[i], error)) {
      ot_ice_servers_free (self);
      return NULL;
    }
  return self;
}

void
ot_ice_servers_free (OtIceServers *self)
{
  g_clear_pointer (&self->stun, g_ptr_array_unref);
  g_clear_pointer (&self->turn, g_ptr_array_unref);
  g_free (self->secret);
  g_free (self->username);
  g_free (self->credential);
  g_free (self);
}

static void
make_credentials (OtIceServers *self, const char *user_id, gint64 now_seconds)
{
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA1, (const guchar *)self->secret, strlen (self->secret));
  guint8 digest[20];
  gsize length = sizeof digest;

  g_free (self->username);
  g_free (self->credential);
  self->username =
      g_strdup_printf ("%" G_GINT64_FORMAT ":%s", now_seconds + LIFETIME_SECONDS, user_id);
  g_hmac_update (hmac, (const guchar *)self->username, -1);
  g_hmac_get_digest (hmac, digest, &length);
  self->credential = g_base64_encode (digest, length);
}

const OtIceServer *
ot_ice_servers_get (OtIceServers *self, const char *user_id, gint64 now_seconds, gsize *n_servers)
{
  *n_servers = 0;
  if (self->stun->len > 0)
    self->answer[(*n_servers)++] =
        (OtIceServer){ .urls = (const char *const *)self->stun->pdata, .n_urls = self->stun->len };
  if (self->turn->len > 0) {
    make_credentials (self, user_id, now_seconds);
    self->answer[(*n_servers)++] = (OtIceServer){
      .urls = (const char *const *)self->turn->pdata,
      .n_urls = self->turn->len,
      .username = self->username,
      .credential = self->credential,
    };
  }
  return self->answer;
}
