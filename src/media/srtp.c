/* One leg's SRTP contexts on libsrtp2. libsrtp keeps a context for every SSRC that it ever
 * authenticated; the lists here are what bounds them. */

#include "srtp.h"

#include <srtp2/srtp.h>
#include <string.h>

#include "media-error.h"

#define REPLAY_WINDOW_PACKETS 512

G_STATIC_ASSERT (OT_SRTP_TRAILER >= SRTP_MAX_TRAILER_LEN);

typedef struct {
  srtp_t context;
  guint32 ssrcs[OT_SRTP_SSRC_MAX];
  guint n_ssrcs;
} Direction;

struct _OtSrtp {
  Direction receive;
  Direction send;
};

typedef srtp_err_status_t (*Operation) (srtp_t context, void *packet, int *size);

static gboolean
make_context (Direction *self, srtp_ssrc_type_t type, const guint8 *key, GError **error)
{
  static gsize ready;
  srtp_policy_t policy = { 0 };
  srtp_err_status_t status = srtp_err_status_ok;

  if (g_once_init_enter (&ready)) {
    srtp_init ();
    g_once_init_leave (&ready, 1);
  }
  srtp_crypto_policy_set_rtp_default (&policy.rtp);
  srtp_crypto_policy_set_rtcp_default (&policy.rtcp);
  policy.ssrc.type = type;
  policy.key = (guchar *)key; /* read only, copied */
  policy.window_size = REPLAY_WINDOW_PACKETS;
  status = srtp_create (&self->context, &policy);
  if (status == srtp_err_status_ok)
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE, "libsrtp refused the keys (status %d)",
               status);
  return FALSE;
}

OtSrtp *
ot_srtp_new (const guint8 receive_key[OT_SRTP_KEY_SIZE],
             const guint8 send_key[OT_SRTP_KEY_SIZE],
             GError **error)
{
  g_autoptr (OtSrtp) self = g_new0 (OtSrtp, 1);

  if (!make_context (&self->receive, ssrc_any_inbound, receive_key, error)
      || !make_context (&self->send, ssrc_any_outbound, send_key, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ot_srtp_free (OtSrtp *self)
{
  if (self->receive.context != NULL)
    srtp_dealloc (self->receive.context);
  if (self->send.context != NULL)
    srtp_dealloc (self->send.context);
  g_free (self);
}

static guint
find_ssrc (const Direction *self, guint32 ssrc)
{
  guint i = 0;

  while (i < self->n_ssrcs && self->ssrcs[i] != ssrc)
    i++;
  return i;
}

/* @ssrc_offset: 8 in RTP, 4 in RTCP. A source takes a place only when its packet was good. */
static gboolean
run (Direction *self, Operation operation, guint8 *packet, gsize *size, gsize ssrc_offset)
{
  int length = (int)*size;
  guint32 ssrc;
  guint place;

  if (*size < ssrc_offset + 4 || *size > G_MAXUINT16)
    return FALSE;
  memcpy (&ssrc, packet + ssrc_offset, sizeof ssrc);
  place = find_ssrc (self, ssrc);
  if (place == OT_SRTP_SSRC_MAX || operation (self->context, packet, &length) != srtp_err_status_ok)
    return FALSE;
  if (place == self->n_ssrcs)
    self->ssrcs[self->n_ssrcs++] = ssrc;
  *size = (gsize)length;
  return TRUE;
}

gboolean
ot_srtp_unprotect (OtSrtp *self, guint8 *packet, gsize *size)
{
  return run (&self->receive, srtp_unprotect, packet, size, 8);
}

gboolean
ot_srtp_protect (OtSrtp *self, guint8 *packet, gsize *size)
{
  return run (&self->send, srtp_protect, packet, size, 8);
}

gboolean
ot_srtp_unprotect_rtcp (OtSrtp *self, guint8 *packet, gsize *size)
{
  return run (&self->receive, srtp_unprotect_rtcp, packet, size, 4);
}

gboolean
ot_srtp_protect_rtcp (OtSrtp *self, guint8 *packet, gsize *size)
{
  return run (&self->send, srtp_protect_rtcp, packet, size, 4);
}
