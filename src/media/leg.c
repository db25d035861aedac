/* One side's connection. The media thread's reports (nominated, DTLS, RTP) and webrtcbin's go
 * through the feeder, so that all that follows from them happens on one thread, one at a time,
 * under the leg's lock; closing takes the same lock, and after it the leg is deaf. The media thread
 * never takes it: who holds it may be waiting for that thread. */

#include "leg.h"

#include <string.h>

#include "engine.h"
#include "media-log.h"

#define WAITING_MAX 64 /* datagrams of one leg in the feeder's ring */
#define EARLY_DTLS_MAX 8

struct _OtLeg {
  GstBin parent;

  /* Constant from open to close. */
  const OtLegContext *context;
  OtForwarder *forwarder;
  OtSide side;
  OtLegListener listener;
  gpointer user_data;
  OtIceCredentials credentials;

  OtNews news;
  atomic_int n_waiting;
  atomic_bool is_up;

  GMutex lock; /* guards all below; the worker alone changes endpoint, engine and remote, and may
                  read them without */
  OtEndpoint *endpoint; /* owned; NULL: not open */
  OtEngine *engine;     /* owned */
  gboolean engine_is_of_stock;
  OtSdp remote;
  gboolean nominated;
  gboolean described;
  gboolean started;      /* both of them: DTLS runs */
  gboolean verified;     /* the certificate is the description's */
  gboolean down;         /* reported */
  GPtrArray *early_dtls; /* owned: of GBytes; came before it was described */
};

G_DEFINE_FINAL_TYPE (OtLeg, ot_leg, GST_TYPE_BIN)

static void
ot_leg_finalize (GObject *object)
{
  OtLeg *self = OT_LEG (object);

  g_assert (self->endpoint == NULL && self->engine == NULL);
  g_ptr_array_unref (self->early_dtls);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (ot_leg_parent_class)->finalize (object);
}

static void
ot_leg_class_init (OtLegClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ot_leg_finalize;
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Otomo leg",
                                         "Network/WebRTC/Bin",
                                         "One side of a call: a webrtcbin for signalling and DTLS, "
                                         "media through the server's own socket",
                                         "Otomo");
}

static void
ot_leg_init (OtLeg *self)
{
  g_mutex_init (&self->lock);
  self->remote.opus_payload_type = -1;
  self->early_dtls = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
}

void
ot_leg_register (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  gst_element_register (NULL, "otleg", GST_RANK_NONE, OT_TYPE_LEG);
  g_once_init_leave (&done, 1);
}

/* ---- from the media thread: only to the feeder, without a lock ---- */

static void
tell (OtLeg *self, OtInputKind kind)
{
  ot_feeder_tell (self->context->feeder, self, &self->news, kind);
}

static void
on_nominated (gpointer user_data)
{
  tell (user_data, OT_INPUT_NOMINATED);
}

static void
on_expired (gpointer user_data)
{
  tell (user_data, OT_INPUT_EXPIRED);
}

static void
push_datagram (OtLeg *self, OtInputKind kind, const guint8 *data, gsize size, gint64 arrival_us)
{
  const OtInput input = { kind, (GObject *)self, arrival_us, data, size };

  if (atomic_load (&self->n_waiting) < WAITING_MAX
      && ot_feeder_push (self->context->feeder, &input))
    atomic_fetch_add (&self->n_waiting, 1);
}

static void
on_dtls (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data)
{
  push_datagram (user_data, OT_INPUT_DTLS, data, size, arrival_us);
}

static void
on_rtp_datagram (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data)
{
  push_datagram (user_data, OT_INPUT_RTP, data, size, arrival_us);
}

/* ---- from the engine ---- */

static void
report_down (OtLeg *self, const char *message)
{
  if (self->down)
    return;
  self->down = TRUE;
  self->listener.down (self, ot_clock_mono_us (self->context->clock), message, self->user_data);
}

static void
on_send (const guint8 *data, gsize size, gpointer owner)
{
  OtLeg *self = owner;

  g_mutex_lock (&self->lock);
  if (self->endpoint != NULL && self->engine != NULL)
    ot_forwarder_send (self->forwarder, self->endpoint, data, size);
  g_mutex_unlock (&self->lock);
}

/* The following three run inside of ot_engine_feed(), so the lock is held already. */
static void
on_certificate (const char *pem, gpointer owner)
{
  OtLeg *self = owner;

  self->verified = ot_fingerprint_matches_pem (&self->remote.fingerprint, pem);
  if (!self->verified)
    report_down (self, "the DTLS certificate is not the one of the description's a=fingerprint");
}

static void
on_keys (const guint8 *receive_key, const guint8 *send_key, gpointer owner)
{
  OtLeg *self = owner;
  g_autoptr (GError) error = NULL;
  OtSrtp *srtp;

  if (!self->verified || self->down || atomic_load (&self->is_up))
    return;
  srtp = ot_srtp_new (receive_key, send_key, &error);
  if (srtp == NULL) {
    report_down (self, error->message);
    return;
  }
  ot_forwarder_connect (self->forwarder, self->endpoint, srtp, self->remote.opus_payload_type);
  atomic_store (&self->is_up, TRUE);
  self->listener.up (self, ot_clock_mono_us (self->context->clock), self->user_data);
}

static void
on_rtp_seen (gint64 arrival_us, gpointer owner)
{
  OtLeg *self = owner;

  self->listener.rtp (self, arrival_us, self->user_data);
}

/* On any thread, so it goes through the feeder too. */
static void
on_lost (gpointer owner)
{
  tell (owner, OT_INPUT_LOST);
}

/* ---- the feeder's thread ---- */

static void
start_when_ready (OtLeg *self)
{
  if (!self->nominated || !self->described || self->started)
    return;
  self->started = TRUE;
  ot_engine_connect (self->engine);
  for (guint i = 0; i < self->early_dtls->len; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (self->early_dtls, i), &size);

    ot_engine_feed (self->engine, data, size, 0);
  }
  g_ptr_array_set_size (self->early_dtls, 0);
}

/* News overtake datagrams: what comes early waits for them, what comes late is of no use. */
static void
take_datagram (OtLeg *self, const OtInput *input)
{
  atomic_fetch_sub (&self->n_waiting, 1);
  if (self->down)
    return;
  if (self->started && self->engine != NULL)
    ot_engine_feed (self->engine, input->data, input->size, input->arrival_us);
  else if (!self->started && input->kind == OT_INPUT_DTLS && self->early_dtls->len < EARLY_DTLS_MAX)
    g_ptr_array_add (self->early_dtls, g_bytes_new (input->data, input->size));
}

static void
take_input (OtLeg *self, const OtInput *input)
{
  switch (input->kind) {
  case OT_INPUT_NOMINATED:
    self->nominated = TRUE;
    start_when_ready (self);
    break;
  case OT_INPUT_DESCRIBED:
    self->described = TRUE;
    start_when_ready (self);
    break;
  case OT_INPUT_LOST:
    report_down (self, "the client closed the connection, or DTLS failed");
    break;
  case OT_INPUT_EXPIRED:
    report_down (self, "the client has sent no ICE check for too long");
    break;
  case OT_INPUT_DTLS:
  case OT_INPUT_RTP:
    take_datagram (self, input);
    break;
  }
}

void
ot_leg_take_input (const OtInput *input)
{
  OtLeg *self = OT_LEG (input->leg);

  g_mutex_lock (&self->lock);
  if (self->endpoint != NULL)
    take_input (self, input);
  g_mutex_unlock (&self->lock);
}

/* ---- the worker's thread ---- */

void
ot_leg_open (OtLeg *self,
             const OtLegContext *context,
             OtForwarder *forwarder,
             OtRelay *relay,
             OtSide side,
             const OtLegListener *listener,
             gpointer user_data)
{
  static const OtEndpointListener endpoint_listener = { on_nominated, on_expired, on_dtls,
                                                        on_rtp_datagram };
  OtEndpoint *endpoint;

  g_return_if_fail (self->forwarder == NULL); /* a leg is opened once */
  self->context = context;
  self->forwarder = forwarder;
  self->side = side;
  self->listener = *listener;
  self->user_data = user_data;
  ot_ice_credentials_make (&self->credentials);
  endpoint =
      ot_forwarder_add (forwarder, relay, side, &self->credentials, &endpoint_listener, self);
  g_mutex_lock (&self->lock);
  self->endpoint = endpoint;
  g_mutex_unlock (&self->lock);
}

OtSide
ot_leg_get_side (OtLeg *self)
{
  return self->side;
}

gboolean
ot_leg_is_up (OtLeg *self)
{
  return atomic_load (&self->is_up);
}

int
ot_leg_get_payload_type (OtLeg *self)
{
  return self->remote.opus_payload_type;
}

static OtSdpLocal
local_end (OtLeg *self)
{
  OtSdpLocal local = { &self->credentials, self->context->certificate->fingerprint,
                       ot_forwarder_get_announced (self->forwarder) };

  return local;
}

char *
ot_leg_write_offer (OtLeg *self, int payload_type)
{
  OtSdpLocal local = local_end (self);

  return ot_sdp_write_offer (&local, payload_type);
}

static void
use_engine (OtLeg *self, OtEngine *engine, gboolean is_of_stock)
{
  static const OtEngineListener engine_listener = { on_send, on_certificate, on_keys, on_rtp_seen,
                                                    on_lost };

  ot_engine_serve (engine, GST_BIN (self), &engine_listener, G_OBJECT (self));
  g_mutex_lock (&self->lock);
  self->engine = engine;
  self->engine_is_of_stock = is_of_stock;
  g_mutex_unlock (&self->lock);
}

/* Deaf and dumb before it stops: what it says when it goes (close_notify) would end the client's
 * media. */
static void
drop_engine (OtLeg *self)
{
  OtEngine *engine;

  g_mutex_lock (&self->lock);
  engine = g_steal_pointer (&self->engine);
  g_mutex_unlock (&self->lock);
  if (engine == NULL)
    return;
  if (self->engine_is_of_stock) {
    ot_stock_give (self->context->stock, engine);
    return;
  }
  ot_engine_stop (engine);
  g_object_unref (engine);
}

/* Of an engine that has answered an ordinary offer. */
static char *
answer_ordinary (OtLeg *self, GError **error)
{
  OtEngine *engine = ot_stock_take (self->context->stock, error);

  if (engine == NULL)
    return NULL;
  use_engine (self, engine, TRUE);
  if (strcmp (self->remote.setup, "active") == 0)
    ot_engine_become_server (engine);
  return ot_sdp_adapt_answer (ot_engine_get_answer (engine), &self->remote);
}

/* Of an engine of its own. */
static char *
answer_unusual (OtLeg *self, GError **error)
{
  g_autofree char *offer = ot_sdp_write_for_engine (&self->remote);
  OtEngine *engine = ot_engine_new (GST_BIN (self), self->context->certificate->pem,
                                    self->context->clock, offer, error);

  if (engine == NULL)
    return NULL;
  use_engine (self, engine, FALSE);
  return g_strdup (ot_engine_get_answer (engine));
}

char *
ot_leg_describe (OtLeg *self, const OtSdp *remote, GError **error)
{
  g_autofree char *answer = NULL;
  OtSdpLocal local = local_end (self);

  g_return_val_if_fail (self->endpoint != NULL && self->remote.opus_payload_type < 0, NULL);
  g_mutex_lock (&self->lock);
  self->remote = *remote;
  g_mutex_unlock (&self->lock);
  answer =
      ot_sdp_is_ordinary (remote) ? answer_ordinary (self, error) : answer_unusual (self, error);
  if (answer == NULL)
    return NULL;
  tell (self, OT_INPUT_DESCRIBED);
  return ot_sdp_finish_answer (answer, &local);
}

void
ot_leg_settle (OtLeg *self)
{
  if (ot_leg_is_up (self))
    drop_engine (self);
}

/* Steals the endpoint, first and under the lock: from then on nothing comes in, the feeder is done
 * with us, and a leg that is not up stays so. */
static gboolean
close_endpoint (OtLeg *self, gboolean also_when_up)
{
  OtEndpoint *endpoint = NULL;
  gboolean is_closed;

  g_mutex_lock (&self->lock);
  is_closed = also_when_up || !ot_leg_is_up (self);
  if (is_closed)
    endpoint = g_steal_pointer (&self->endpoint);
  g_mutex_unlock (&self->lock);
  if (endpoint != NULL)
    ot_forwarder_remove (self->forwarder, endpoint);
  return is_closed;
}

gboolean
ot_leg_close_unless_up (OtLeg *self)
{
  if (!close_endpoint (self, FALSE))
    return FALSE;
  drop_engine (self);
  return TRUE;
}

void
ot_leg_close (OtLeg *self)
{
  close_endpoint (self, TRUE);
  atomic_store (&self->is_up, FALSE);
  drop_engine (self);
}
