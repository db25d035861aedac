/* One leg's SRTP and SRTCP: which bytes are encrypted, which are authenticated, and which packet of
 * its source each is. Keys and transforms are in srtp-keys.c, the memory of what has been in
 * replay-window.c. What arrives here came from anybody: it is believed when its tag is right. */

#include "srtp.h"

#include <openssl/crypto.h>
#include <string.h>

#include "bytes.h"
#include "media-error.h"
#include "replay-window.h"
#include "srtp-keys.h"

#define RTP_HEADER 12
#define RTCP_HEADER 8
#define ROC_BYTES 4
#define INDEX_BYTES 4         /* of SRTCP, behind the packet */
#define ENCRYPTED 0x80000000u /* in SRTCP's index: the E bit */
#define SRTCP_INDEX_MAX 0x7fffffffu

G_STATIC_ASSERT (OT_SRTP_KEY_SIZE == OT_SRTP_MASTER_SIZE);
G_STATIC_ASSERT (OT_SRTP_TRAILER == INDEX_BYTES + OT_SRTP_TAG_BYTES);

typedef struct {
  guint32 ssrc;
  OtReplayWindow rtp;
  OtReplayWindow rtcp;     /* receiving */
  guint32 next_rtcp_index; /* sending */
} Source;

typedef struct {
  OtSrtpKeys rtp;
  OtSrtpKeys rtcp;
  Source sources[OT_SRTP_SSRC_MAX];
  guint n_sources;
} Direction;

struct _OtSrtp {
  Direction receive;
  Direction send;
};

/* ---- sources ---- */

/* Returns: (nullable): the place of a source, a fresh one for a new source; NULL: there are too
 * many. It stays fresh, and free, until it is kept. */
static Source *
find_source (Direction *self, guint32 ssrc)
{
  guint i = 0;

  while (i < self->n_sources && self->sources[i].ssrc != ssrc)
    i++;
  if (i == OT_SRTP_SSRC_MAX)
    return NULL;
  if (i == self->n_sources)
    self->sources[i] = (Source){ .ssrc = ssrc };
  return &self->sources[i];
}

static void
keep_source (Direction *self, const Source *source)
{
  self->n_sources = MAX (self->n_sources, (guint)(source - self->sources) + 1);
}

/* ---- RTP ---- */

/* Returns: where the payload begins, behind sources and extension; 0: not within @size. */
static gsize
payload_offset (const guint8 *packet, gsize size)
{
  gsize offset = RTP_HEADER + 4 * (gsize)(packet[0] & 15);
  gboolean has_extension = (packet[0] & 16) != 0;

  if (has_extension && offset + 4 <= size)
    offset += 4 + 4 * (gsize)ot_get16 (packet + offset + 2);
  else if (has_extension)
    return 0;
  return offset <= size ? offset : 0;
}

static void
make_rtp_tag (OtSrtpKeys *keys, const guint8 *packet, gsize size, guint64 index, guint8 *tag)
{
  guint8 roc[ROC_BYTES];

  ot_set32 (roc, (guint32)(index >> 16));
  ot_srtp_keys_tag (keys, packet, size, roc, sizeof roc, tag);
}

gboolean
ot_srtp_protect (OtSrtp *self, guint8 *packet, gsize *size)
{
  Direction *send = &self->send;
  gsize offset = *size >= RTP_HEADER ? payload_offset (packet, *size) : 0;
  Source *source = offset != 0 ? find_source (send, ot_get32 (packet + 8)) : NULL;
  guint64 index;

  if (source == NULL)
    return FALSE;
  index = ot_replay_window_guess (&source->rtp, ot_get16 (packet + 2));
  if (!ot_replay_window_allows (&source->rtp, index)) /* a second text under one keystream */
    return FALSE;
  ot_srtp_keys_crypt (&send->rtp, source->ssrc, index, packet + offset, *size - offset);
  make_rtp_tag (&send->rtp, packet, *size, index, packet + *size);
  ot_replay_window_add (&source->rtp, index);
  keep_source (send, source);
  *size += OT_SRTP_TAG_BYTES;
  return TRUE;
}

gboolean
ot_srtp_unprotect (OtSrtp *self, guint8 *packet, gsize *size)
{
  Direction *receive = &self->receive;
  gsize inner = *size >= RTP_HEADER + OT_SRTP_TAG_BYTES ? *size - OT_SRTP_TAG_BYTES : 0;
  gsize offset = inner != 0 ? payload_offset (packet, inner) : 0;
  Source *source = offset != 0 ? find_source (receive, ot_get32 (packet + 8)) : NULL;
  guint8 tag[OT_SRTP_TAG_BYTES];
  guint64 index;

  if (source == NULL)
    return FALSE;
  index = ot_replay_window_guess (&source->rtp, ot_get16 (packet + 2));
  if (!ot_replay_window_allows (&source->rtp, index))
    return FALSE;
  make_rtp_tag (&receive->rtp, packet, inner, index, tag);
  if (CRYPTO_memcmp (tag, packet + inner, sizeof tag) != 0)
    return FALSE;
  ot_srtp_keys_crypt (&receive->rtp, source->ssrc, index, packet + offset, inner - offset);
  ot_replay_window_add (&source->rtp, index);
  keep_source (receive, source);
  *size = inner;
  return TRUE;
}

/* ---- RTCP ---- */

gboolean
ot_srtp_protect_rtcp (OtSrtp *self, guint8 *packet, gsize *size)
{
  Direction *send = &self->send;
  Source *source = *size >= RTCP_HEADER ? find_source (send, ot_get32 (packet + 4)) : NULL;
  guint32 index;

  if (source == NULL || source->next_rtcp_index > SRTCP_INDEX_MAX)
    return FALSE;
  index = source->next_rtcp_index++;
  ot_srtp_keys_crypt (&send->rtcp, source->ssrc, index, packet + RTCP_HEADER, *size - RTCP_HEADER);
  ot_set32 (packet + *size, index | ENCRYPTED);
  *size += INDEX_BYTES;
  ot_srtp_keys_tag (&send->rtcp, packet, *size, NULL, 0, packet + *size);
  keep_source (send, source);
  *size += OT_SRTP_TAG_BYTES;
  return TRUE;
}

gboolean
ot_srtp_unprotect_rtcp (OtSrtp *self, guint8 *packet, gsize *size)
{
  Direction *receive = &self->receive;
  gsize inner = *size >= RTCP_HEADER + OT_SRTP_TRAILER ? *size - OT_SRTP_TRAILER : 0;
  Source *source = inner != 0 ? find_source (receive, ot_get32 (packet + 4)) : NULL;
  guint8 tag[OT_SRTP_TAG_BYTES];
  guint32 index;

  if (source == NULL)
    return FALSE;
  index = ot_get32 (packet + inner);
  if ((index & ENCRYPTED) == 0 || !ot_replay_window_allows (&source->rtcp, index & ~ENCRYPTED))
    return FALSE;
  ot_srtp_keys_tag (&receive->rtcp, packet, inner + INDEX_BYTES, NULL, 0, tag);
  if (CRYPTO_memcmp (tag, packet + inner + INDEX_BYTES, sizeof tag) != 0)
    return FALSE;
  index &= ~ENCRYPTED;
  ot_srtp_keys_crypt (&receive->rtcp, source->ssrc, index, packet + RTCP_HEADER,
                      inner - RTCP_HEADER);
  ot_replay_window_add (&source->rtcp, index);
  keep_source (receive, source);
  *size = inner;
  return TRUE;
}

/* ---- life ---- */

static gboolean
derive (Direction *self, const guint8 *master)
{
  return ot_srtp_keys_derive (&self->rtp, master, OT_SRTP_LABEL_RTP)
         && ot_srtp_keys_derive (&self->rtcp, master, OT_SRTP_LABEL_RTCP);
}

OtSrtp *
ot_srtp_new (const guint8 receive_key[OT_SRTP_KEY_SIZE],
             const guint8 send_key[OT_SRTP_KEY_SIZE],
             GError **error)
{
  g_autoptr (OtSrtp) self = g_new0 (OtSrtp, 1);

  if (derive (&self->receive, receive_key) && derive (&self->send, send_key))
    return g_steal_pointer (&self);
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_ENGINE,
               "OpenSSL has no AES-128-CTR here, which SRTP needs");
  return NULL;
}

void
ot_srtp_free (OtSrtp *self)
{
  ot_srtp_keys_clear (&self->receive.rtp);
  ot_srtp_keys_clear (&self->receive.rtcp);
  ot_srtp_keys_clear (&self->send.rtp);
  ot_srtp_keys_clear (&self->send.rtcp);
  g_free (self);
}
