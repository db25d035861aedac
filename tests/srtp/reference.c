/* libsrtp2 behind the face of src/media/srtp.h. */

#include "reference.h"

#include <srtp2/srtp.h>
#include <string.h>

#include "replay-window.h"
#include "srtp.h"

G_STATIC_ASSERT (REFERENCE_TRAILER >= SRTP_MAX_TRAILER_LEN);

typedef struct {
  srtp_t context;
  guint32 ssrcs[OT_SRTP_SSRC_MAX];
  guint n_ssrcs;
} Direction;

struct _Reference {
  Direction receive;
  Direction send;
};

typedef srtp_err_status_t (*Operation) (srtp_t context, void *packet, int *size);

static void
make_context (Direction *self, srtp_ssrc_type_t type, const guint8 *key)
{
  static gsize ready;
  srtp_policy_t policy = { 0 };
  srtp_err_status_t status;

  if (g_once_init_enter (&ready)) {
    srtp_init ();
    g_once_init_leave (&ready, 1);
  }
  srtp_crypto_policy_set_rtp_default (&policy.rtp);
  srtp_crypto_policy_set_rtcp_default (&policy.rtcp);
  policy.ssrc.type = type;
  policy.key = (guchar *)key; /* read only, copied */
  policy.window_size = OT_REPLAY_WINDOW;
  status = srtp_create (&self->context, &policy);
  g_assert_cmpint (status, ==, srtp_err_status_ok);
}

Reference *
reference_new (const guint8 *receive_key, const guint8 *send_key)
{
  Reference *self = g_new0 (Reference, 1);

  make_context (&self->receive, ssrc_any_inbound, receive_key);
  make_context (&self->send, ssrc_any_outbound, send_key);
  return self;
}

void
reference_free (Reference *self)
{
  srtp_dealloc (self->receive.context);
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
reference_unprotect (Reference *self, guint8 *packet, gsize *size)
{
  return run (&self->receive, srtp_unprotect, packet, size, 8);
}

gboolean
reference_protect (Reference *self, guint8 *packet, gsize *size)
{
  return run (&self->send, srtp_protect, packet, size, 8);
}

gboolean
reference_unprotect_rtcp (Reference *self, guint8 *packet, gsize *size)
{
  return run (&self->receive, srtp_unprotect_rtcp, packet, size, 4);
}

gboolean
reference_protect_rtcp (Reference *self, guint8 *packet, gsize *size)
{
  return run (&self->send, srtp_protect_rtcp, packet, size, 4);
}
