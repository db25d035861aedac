/* Our SRTP against libsrtp2: the input is a little program for both at once. Each step protects,
 * delivers (again, late, or with a byte changed) or brings bytes of its own; both must say the
 * same, and leave the same bytes. */

#include "target.h"

#include <string.h>

#include "bytes.h"
#include "reference.h"
#include "srtp.h"

#define KEPT 16 /* protected packets that may be delivered later */
#define PACKET_MAX 300

typedef struct {
  const guint8 *data;
  gsize size;
} Input;

typedef struct {
  gboolean is_rtcp;
  gsize size;
  guint8 data[PACKET_MAX + REFERENCE_TRAILER];
} Packet;

typedef struct {
  OtSrtp *ours;
  Reference *theirs;
  Packet kept[KEPT];
  guint n_kept;
  guint16 sequence;
  guint32 primed[OT_SRTP_SSRC_MAX]; /* sources whose SRTCP index 0, which libsrtp2 leaves out, is
                                       spent */
  guint n_primed;
} State;

static guint
take (Input *input)
{
  if (input->size == 0)
    return 0;
  input->size--;
  return *input->data++;
}

/* libsrtp2's first SRTCP index is 1, that of RFC 3711 is 0. */
static void
prime (State *self, guint32 ssrc)
{
  guint8 nothing[8 + OT_SRTP_TRAILER] = { 0x80, 201, 0, 1 };
  gsize size = 8;
  guint i = 0;

  while (i < self->n_primed && self->primed[i] != ssrc)
    i++;
  if (i < self->n_primed || i == OT_SRTP_SSRC_MAX)
    return;
  ot_set32 (nothing + 4, ssrc);
  if (ot_srtp_protect_rtcp (self->ours, nothing, &size))
    self->primed[self->n_primed++] = ssrc;
}

static void
agree (gboolean ours, gboolean theirs, const Packet *a, const Packet *b)
{
  g_assert_cmpint (ours, ==, theirs);
  if (ours)
    g_assert_cmpmem (a->data, a->size, b->data, b->size);
}

static void
protect (State *self, const Packet *plain)
{
  Packet a = *plain;
  Packet b = *plain;
  gboolean ours, theirs;

  if (plain->is_rtcp) {
    if (plain->size >= 8)
      prime (self, ot_get32 (plain->data + 4));
    ours = ot_srtp_protect_rtcp (self->ours, a.data, &a.size);
    theirs = reference_protect_rtcp (self->theirs, b.data, &b.size);
  } else {
    ours = ot_srtp_protect (self->ours, a.data, &a.size);
    theirs = reference_protect (self->theirs, b.data, &b.size);
  }
  agree (ours, theirs, &a, &b);
  if (theirs)
    self->kept[self->n_kept++ % KEPT] = b;
}

static void
deliver (State *self, const Packet *packet)
{
  Packet a = *packet;
  Packet b = *packet;
  gboolean ours, theirs;

  if (packet->is_rtcp) {
    ours = ot_srtp_unprotect_rtcp (self->ours, a.data, &a.size);
    theirs = reference_unprotect_rtcp (self->theirs, b.data, &b.size);
  } else {
    ours = ot_srtp_unprotect (self->ours, a.data, &a.size);
    theirs = reference_unprotect (self->theirs, b.data, &b.size);
  }
  agree (ours, theirs, &a, &b);
  if (!ours)
    g_assert_cmpmem (a.data, a.size, packet->data, packet->size);
}

/* A packet in good order but for what the input says. */
static Packet
make (State *self, Input *input, gboolean is_rtcp)
{
  guint shape = take (input);
  Packet packet = { .is_rtcp = is_rtcp, .size = (is_rtcp ? 8 : 12) + take (input) };
  guint8 *data = packet.data;

  for (gsize i = 0; i < packet.size; i++)
    data[i] = (guint8)(i * 7 + shape);
  data[0] = (shape & 0x80) != 0 ? (guint8)take (input) : 0x80; /* sources, extension */
  if ((shape & 0x40) != 0) /* an extension that is short enough to be there */
    ot_set16 (data + 12 + 4 * (data[0] & 15) + 2, (guint16)take (input));
  data[1] = is_rtcp ? 200 : 111;
  if (!is_rtcp)
    ot_set16 (data + 2, self->sequence++);
  ot_set32 (data + (is_rtcp ? 4 : 8), shape & 31);
  return packet;
}

static void
deliver_kept (State *self, Input *input, gboolean changed)
{
  Packet packet;

  if (self->n_kept == 0)
    return;
  packet = self->kept[take (input) % MIN (self->n_kept, KEPT)];
  if (changed)
    packet.data[take (input) % packet.size] ^= (guint8)take (input);
  deliver (self, &packet);
}

static void
bring (State *self, Input *input, gboolean is_rtcp, void (*to) (State *, const Packet *))
{
  gsize size = take (input);
  Packet packet = { .is_rtcp = is_rtcp, .size = MIN (size, input->size) };

  memcpy (packet.data, input->data, packet.size);
  input->data += packet.size;
  input->size -= packet.size;
  to (self, &packet);
}

static void
step (State *self, Input *input)
{
  guint what = take (input);
  gboolean is_rtcp = (what & 0x80) != 0;
  Packet packet;

  switch (what & 7) {
  case 0:
  case 1:
    packet = make (self, input, is_rtcp);
    protect (self, &packet);
    break;
  case 2:
    packet = make (self, input, is_rtcp);
    protect (self, &packet);
    deliver_kept (self, &(Input){ (const guint8[]){ (guint8)(self->n_kept - 1) % KEPT }, 1 },
                  FALSE);
    break;
  case 3:
    deliver_kept (self, input, FALSE);
    break;
  case 4:
    deliver_kept (self, input, TRUE);
    break;
  case 5:
    bring (self, input, is_rtcp, deliver);
    break;
  case 6:
    bring (self, input, is_rtcp, protect);
    break;
  default:
    self->sequence = (guint16)(self->sequence + (take (input) << 8) + take (input));
  }
}

/* The same key both ways, so that what was protected can be delivered. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint8 key[OT_SRTP_KEY_SIZE] = { 0 };
  Input input = { data, size };
  g_autofree State *state = g_new0 (State, 1);

  for (guint i = 0; i < 4; i++)
    key[i * 8] = (guint8)take (&input);
  state->sequence = (guint16)(take (&input) << 8);
  state->ours = ot_srtp_new (key, key, NULL);
  state->theirs = reference_new (key, key);
  while (input.size > 0)
    step (state, &input);
  ot_srtp_free (state->ours);
  reference_free (state->theirs);
  return 0;
}
