/* Puts media/ together and is its door: owns socket, threads, certificate and the table of calls,
 * and turns the port's requests into those of a call's bridge. The table belongs to the main loop.
 */

#include "media-server.h"

#include "bridge.h"
#include "call-pipeline.h"
#include "launch-file.h"
#include "media-error.h"
#include "media-log.h"
#include "media-plugins.h"
#include "tidying.h"
#include "warm-up.h"

#define WORKERS_MIN 2
#define WORKERS_MAX 8
#define DTLS_DAYS 30
#define CONSENT_US (30 * G_USEC_PER_SEC) /* RFC 7675, 5.1 */

struct _OtMediaServer {
  OtMediaListener listener;
  gpointer user_data;
  OtBridgeContext context; /* all in it is owned here */
  OtTidying *tidying;      /* owned */
  GHashTable *calls;       /* owned: call id → OtBridge, owned */
};

/* An event of a call that was closed, or closed and opened again, was on its way: nobody waits for
 * it. */
static void
deliver (const OtMediaEvent *event, gpointer origin, gpointer user_data)
{
  OtMediaServer *self = user_data;

  if (origin != NULL && g_hash_table_lookup (self->calls, event->call_id) != origin)
    return;
  if (origin != NULL)
    ot_bridge_heard (origin, event);
  if (event->type == OT_MEDIA_LEG_UP)
    ot_tidying_note (self->tidying);
  self->listener (event, self->user_data);
}

/* ---- the port ---- */

static void
port_open (gpointer data, const char *call_id)
{
  OtMediaServer *self = data;
  OtBridge *bridge;

  if (g_hash_table_contains (self->calls, call_id))
    return;
  bridge = ot_bridge_new (&self->context, call_id);
  g_hash_table_insert (self->calls, (char *)ot_bridge_get_call_id (bridge), bridge);
  if (g_hash_table_size (self->calls) <= OT_MEDIA_CALLS_MAX) {
    ot_bridge_open (bridge);
    ot_stock_note_call (self->context.leg.stock);
  } else
    ot_bridge_fail (bridge, "too many calls at once");
}

static void
port_offer (
    gpointer data, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_offer (bridge, side, sdp, cause);
}

static void
port_make_offer (gpointer data, const char *call_id, OtSide side)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_make_offer (bridge, side);
}

static void
port_answer (
    gpointer data, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_answer (bridge, side, sdp, cause);
}

static void
port_candidate (gpointer data,
                const char *call_id,
                OtSide side,
                const OtIceCandidate *candidate,
                const OtMediaCause *cause)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_candidate (bridge, side, candidate, cause);
}

static void
port_record (gpointer data, const char *call_id, gint64 start_us, gint64 start_wall_us)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_record (bridge, start_us, start_wall_us);
}

static void
port_stop_record (gpointer data, const char *call_id)
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_stop_record (bridge);
}

static gboolean
port_read_rtp (gpointer data, const char *call_id, OtRtpEvidence evidence[OT_N_SIDES])
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_read_rtp (bridge, evidence);
  return bridge != NULL;
}

static gboolean
port_read_quality (gpointer data, const char *call_id, OtQuality quality[OT_N_SIDES])
{
  OtBridge *bridge = g_hash_table_lookup (((OtMediaServer *)data)->calls, call_id);

  if (bridge != NULL)
    ot_bridge_read_quality (bridge, quality);
  return bridge != NULL;
}

static void
port_read_load (gpointer data, OtMediaLoad *load)
{
  *load = ot_forwarders_read_load (((OtMediaServer *)data)->context.forwarders);
}

static void
port_close (gpointer data, const char *call_id)
{
  OtMediaServer *self = data;

  g_hash_table_remove (self->calls, call_id);
  ot_tidying_note (self->tidying);
}

OtMediaPort
ot_media_server_port (OtMediaServer *self)
{
  OtMediaPort port = { self,          port_open,         port_offer,     port_make_offer,
                       port_answer,   port_candidate,    port_record,    port_stop_record,
                       port_read_rtp, port_read_quality, port_read_load, port_close };

  return port;
}

/* ---- starting ---- */

static gboolean
parse_addresses (OtAddressList *out, const char *text, const char *option, GError **error)
{
  g_autofree char *wrong = ot_address_list_parse (out, text);

  if (wrong != NULL)
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s: %s", option, wrong);
  return wrong == NULL;
}

/* Of one family: nobody outside needs to reach what is announced to this machine only. */
static void
add_default_listen (OtAddressList *listen, const OtAddressList *announced, int family)
{
  const OtAddress *loopback = NULL;
  const OtAddress *other = NULL;

  for (guint i = 0; i < announced->n; i++) {
    const OtAddress *address = &announced->list[i];

    if (address->any.sa_family != family)
      continue;
    if (ot_address_is_loopback (address))
      loopback = address;
    else
      other = address;
  }
  if (other != NULL)
    ot_address_parse (&listen->list[listen->n++], family == AF_INET6 ? "::" : "0.0.0.0", 0);
  else if (loopback != NULL)
    listen->list[listen->n++] = *loopback;
}

static gboolean
choose_listen (OtAddressList *out,
               const OtAddressList *announced,
               const char *setting,
               GError **error)
{
  out->n = 0;
  if (setting == NULL) {
    add_default_listen (out, announced, AF_INET);
    add_default_listen (out, announced, AF_INET6);
    return TRUE;
  }
  if (!parse_addresses (out, setting, "media.bind_address", error))
    return FALSE;
  if (out->n == 1 || (out->n == 2 && out->list[0].any.sa_family != out->list[1].any.sa_family))
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START,
               "media.bind_address: one IPv4 and one IPv6 address at most");
  return FALSE;
}

static gboolean
open_ports (OtMediaServer *self, const OtMediaOptions *options, GError **error)
{
  OtAddressList announced;
  OtAddressList listen;
  OtForwarderOptions each = {
    .listen = &listen,
    .announced = &announced,
    .port = options->port,
    .consent_us = options->consent_us > 0 ? options->consent_us : CONSENT_US,
    .late_us = options->late_us,
    .clock = self->context.leg.clock,
  };

  if (!parse_addresses (&announced, options->address != NULL ? options->address : "127.0.0.1",
                        "media.address", error)
      || !choose_listen (&listen, &announced, options->bind_address, error))
    return FALSE;
  self->context.forwarders = ot_forwarders_new (&each, MAX (options->n_threads, 1), error);
  return self->context.forwarders != NULL;
}

/* ---- recordings ---- */

static void
on_complete (const OtRecording *recording, gpointer user_data)
{
  OtMediaServer *self = user_data;

  ot_media_bus_post (self->context.bus,
                     &(OtMediaEvent){ .type = OT_MEDIA_FILE, .recording = *recording }, NULL, NULL);
}

static void
on_gone (const char *path, gpointer user_data)
{
  OtMediaServer *self = user_data;

  ot_media_bus_post (self->context.bus,
                     &(OtMediaEvent){ .type = OT_MEDIA_FILE_GONE, .recording = { .path = path } },
                     NULL, NULL);
}

void
ot_media_server_salvage (OtMediaServer *self)
{
  ot_archive_salvage (self->context.archive);
}

void
ot_media_server_check_recording (OtMediaServer *self, const char *path)
{
  ot_archive_check (self->context.archive, path);
}

void
ot_media_server_delete_recording (OtMediaServer *self, const char *path)
{
  ot_archive_delete (self->context.archive, path);
}

/* A recorder is in the pump's list until after the archive has it. */
gboolean
ot_media_server_is_quiet (OtMediaServer *self)
{
  return ot_record_pump_n_recordings (self->context.pump) == 0
         && ot_archive_is_idle (self->context.archive);
}

static gboolean
read_record_launch (OtMediaServer *self, const char *dir, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) failure = NULL;

  self->context.record_launch = ot_launch_file_read (dir, "record.launch", &path, &failure);
  if (self->context.record_launch != NULL
      && ot_recorder_check (self->context.record_launch, &failure))
    return TRUE;
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s: %s", path, failure->message);
  return FALSE;
}

static void
start_recording (OtMediaServer *self, const char *dir)
{
  static const OtArchiveListener archive_listener = { on_complete, on_gone };
  OtBridgeContext *context = &self->context;

  context->archive = ot_archive_new (dir != NULL ? dir : ".", &archive_listener, self);
  context->pump = ot_record_pump_new (context->archive, context->leg.clock);
}

/* ---- all of it ---- */

static gboolean
start (OtMediaServer *self, const OtMediaOptions *options, GError **error)
{
  OtBridgeContext *context = &self->context;

  if (!ot_media_check_plugins (error))
    return FALSE;
  ot_leg_register ();
  context->leg.clock = ot_clock_real ();
  context->launch = ot_call_pipeline_read (options->pipelines_dir, error);
  if (context->launch == NULL || !read_record_launch (self, options->pipelines_dir, error))
    return FALSE;
  context->leg.certificate =
      ot_certificate_new (options->dtls_days > 0 ? options->dtls_days : DTLS_DAYS, error);
  if (context->leg.certificate == NULL || !open_ports (self, options, error))
    return FALSE;
  context->leg.feeder = ot_feeder_new (ot_leg_take_input);
  context->workers = ot_workers_new (CLAMP (g_get_num_processors (), WORKERS_MIN, WORKERS_MAX));
  self->tidying = ot_tidying_new (context->workers, context->leg.clock);
  context->bus = ot_media_bus_new (deliver, self);
  start_recording (self, options->recordings_dir);
  context->leg.stock = ot_stock_new (context->leg.certificate, context->leg.clock, context->workers,
                                     options->n_prepared);
  return ot_warm_up (&context->leg, ot_forwarders_get_first (context->forwarders), error);
}

static void
close_and_unref (gpointer bridge)
{
  ot_bridge_close (bridge);
  ot_bridge_unref (bridge);
}

OtMediaServer *
ot_media_server_new (const OtMediaOptions *options,
                     OtMediaListener listener,
                     gpointer user_data,
                     GError **error)
{
  g_autoptr (OtMediaServer) self = g_new0 (OtMediaServer, 1);

  self->listener = listener;
  self->user_data = user_data;
  self->calls = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, close_and_unref);
  if (!start (self, options, error))
    return NULL;
  ot_info ("media on UDP port %u",
           ot_forwarder_get_port (ot_forwarders_get_first (self->context.forwarders)));
  return g_steal_pointer (&self);
}

/* Calls first, then who works for them: each step leaves nobody who could use what the next one
 * frees. */
void
ot_media_server_free (OtMediaServer *self)
{
  OtBridgeContext *context = &self->context;

  g_hash_table_remove_all (self->calls);
  g_clear_pointer (&self->tidying, ot_tidying_free);
  g_clear_pointer (&context->workers, ot_workers_free);
  g_clear_pointer (&context->leg.stock, ot_stock_free);
  g_clear_pointer (&context->pump, ot_record_pump_free);
  g_clear_pointer (&context->archive, ot_archive_free);
  g_clear_pointer (&context->leg.feeder, ot_feeder_free);
  g_clear_pointer (&context->forwarders, ot_forwarders_free);
  g_clear_pointer (&context->bus, ot_media_bus_free);
  g_clear_pointer (&context->leg.certificate, ot_certificate_free);
  g_clear_pointer (&context->launch, g_free);
  g_clear_pointer (&context->record_launch, g_free);
  g_hash_table_unref (self->calls);
  g_free (self);
}

void
ot_media_server_set_late (OtMediaServer *self, gint64 late_us)
{
  ot_forwarders_set_late (self->context.forwarders, late_us);
}

gboolean
ot_media_server_is_serving (const OtMediaServer *self)
{
  return ot_forwarders_are_serving (self->context.forwarders);
}

void
ot_media_server_read_figures (const OtMediaServer *self, OtForwarderFigures *figures)
{
  ot_forwarders_read_figures (self->context.forwarders, figures);
}

guint
ot_media_server_n_recordings (OtMediaServer *self)
{
  return ot_record_pump_n_recordings (self->context.pump);
}
