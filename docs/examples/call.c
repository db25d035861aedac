/* A client in C: calls somebody, or waits to be called, with GStreamer's webrtcbin for the voice
 * and libsoup for the signalling. docs/client.md tells how to build and run it.
 *
 *   call URL ID TOKEN                       an otomo: waits for a call and takes it
 *   call URL ID TOKEN CALLEE SECONDS        a user: calls, and hangs up after so many seconds
 *
 * What is heard goes to the element that AUDIOSINK names (autoaudiosink by default). Exit code 0:
 * there was a call, and a voice was heard. */

#define GST_USE_UNSTABLE_API

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <stdio.h>
#include <stdlib.h>

#define VOICE                                                                                      \
  "audiotestsrc is-live=true wave=ticks ! audioconvert ! opusenc ! rtpopuspay pt=111 ! "           \
  "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,"                 \
  "encoding-params=(string)2 ! webrtcbin name=rtc bundle-policy=max-bundle"
#define EAR "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! %s name=sink"

typedef struct {
  GMainLoop *loop;
  SoupWebsocketConnection *socket;
  const char *id, *token;
  const char *callee; /* NULL: an otomo */
  int seconds;
  char *call_id;        /* of the call that is on */
  GstElement *pipeline; /* while there is a call */
  GstElement *rtc;      /* borrowed from it */
  gint n_heard;         /* buffers of voice; written by a thread of GStreamer's */
  gboolean was_connected;
} Client;

/* ---- signalling ---- */

static void
send_fields (Client *self, const char *type, JsonBuilder *fields)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_set_member_name (fields, "type");
  json_builder_add_string_value (fields, type);
  json_builder_end_object (fields);
  root = json_builder_get_root (fields);
  text = json_to_string (root, FALSE);
  soup_websocket_connection_send_text (self->socket, text);
}

static JsonBuilder *
begin (const char *first, const char *value)
{
  JsonBuilder *fields = json_builder_new ();

  json_builder_begin_object (fields);
  json_builder_set_member_name (fields, first);
  json_builder_add_string_value (fields, value);
  return fields;
}

static void
add (JsonBuilder *fields, const char *name, const char *value)
{
  json_builder_set_member_name (fields, name);
  json_builder_add_string_value (fields, value);
}

/* An event that says no more than which call it is about. */
static void
send_of_call (Client *self, const char *type)
{
  g_autoptr (JsonBuilder) fields = begin ("callId", self->call_id);

  send_fields (self, type, fields);
}

static void
fail (Client *self, const char *why)
{
  g_printerr ("%s: %s\n", self->id, why);
  g_main_loop_quit (self->loop);
}

/* ---- media: webrtcbin answers from its own threads; what is to be said is handed to the loop ----
 */

typedef struct {
  Client *client;
  char *text;
} Said;

static Said *
said_new (Client *client, char *text)
{
  Said *said = g_new (Said, 1);

  *said = (Said){ client, text };
  return said;
}

static void
said_free (gpointer data)
{
  g_free (((Said *)data)->text);
  g_free (data);
}

static gboolean
send_offer (gpointer data)
{
  Said *said = data;
  g_autoptr (JsonBuilder) fields = begin ("callId", said->client->call_id);

  json_builder_set_member_name (fields, "offer");
  json_builder_begin_object (fields);
  add (fields, "type", "offer");
  add (fields, "sdp", said->text);
  json_builder_end_object (fields);
  send_fields (said->client, "webrtc_offer", fields);
  return G_SOURCE_REMOVE;
}

static gboolean
send_candidate (gpointer data)
{
  Said *said = data;
  g_autoptr (JsonBuilder) fields = begin ("callId", said->client->call_id);

  json_builder_set_member_name (fields, "candidate");
  json_builder_begin_object (fields);
  add (fields, "candidate", said->text);
  json_builder_set_member_name (fields, "sdpMLineIndex");
  json_builder_add_int_value (fields, 0);
  json_builder_end_object (fields);
  send_fields (said->client, "ice_candidate", fields);
  return G_SOURCE_REMOVE;
}

static void
on_candidate (GstElement *rtc, guint line, char *candidate, Client *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, send_candidate, said_new (self, g_strdup (candidate)),
                   said_free);
}

static void
on_offer_made (GstPromise *promise, gpointer user_data)
{
  Client *self = user_data;
  GstWebRTCSessionDescription *offer = NULL;

  gst_structure_get (gst_promise_get_reply (promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                     &offer, NULL);
  gst_promise_unref (promise);
  g_signal_emit_by_name (self->rtc, "set-local-description", offer, NULL);
  g_idle_add_full (G_PRIORITY_DEFAULT, send_offer,
                   said_new (self, gst_sdp_message_as_text (offer->sdp)), said_free);
  gst_webrtc_session_description_free (offer);
}

static GstPadProbeReturn
on_heard (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Client *self = user_data;

  if (g_atomic_int_add (&self->n_heard, 1) == 0)
    g_print ("%s hears a voice\n", self->id);
  return GST_PAD_PROBE_OK;
}

/* The other side's voice. */
static void
on_pad (GstElement *rtc, GstPad *pad, Client *self)
{
  const char *sink = g_getenv ("AUDIOSINK");
  g_autofree char *words = g_strdup_printf (EAR, sink != NULL ? sink : "autoaudiosink");
  GstElement *ear = gst_parse_bin_from_description (words, TRUE, NULL);
  g_autoptr (GstPad) in = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC || ear == NULL)
    return;
  in = gst_element_get_static_pad (ear, "sink");
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, on_heard, self, NULL);
  gst_bin_add (GST_BIN (self->pipeline), ear);
  gst_pad_link (pad, in);
  gst_element_sync_state_with_parent (ear);
}

/* A server of signaling_start, as webrtcbin wants it: stun://host:port,
 * turn://name:password@host:port. */
static void
use_ice_server (Client *self, JsonObject *server)
{
  JsonArray *urls = json_object_get_array_member (server, "urls");
  gboolean ok;

  for (guint i = 0; i < json_array_get_length (urls); i++) {
    g_auto (GStrv) parts = g_strsplit (json_array_get_string_element (urls, i), ":", 2);
    g_autofree char *url = NULL;

    if (g_str_has_prefix (parts[0], "stun")) {
      url = g_strdup_printf ("%s://%s", parts[0], parts[1]);
      g_object_set (self->rtc, "stun-server", url, NULL);
    } else {
      g_autofree char *name =
          g_uri_escape_string (json_object_get_string_member (server, "username"), NULL, FALSE);
      g_autofree char *password =
          g_uri_escape_string (json_object_get_string_member (server, "credential"), NULL, FALSE);
      url = g_strdup_printf ("%s://%s:%s@%s", parts[0], name, password, parts[1]);
      g_signal_emit_by_name (self->rtc, "add-turn-server", url, &ok);
    }
  }
}

static void
stop_media (Client *self)
{
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->pipeline);
  self->rtc = NULL;
}

/* signaling_start comes again when a leg has to be made anew. */
static void
start_media (Client *self, JsonObject *event)
{
  JsonArray *servers = json_object_get_array_member (event, "iceServers");
  g_autoptr (GError) error = NULL;

  stop_media (self);
  self->pipeline = gst_object_ref_sink (gst_parse_launch (VOICE, &error));
  if (error != NULL) {
    fail (self, error->message);
    return;
  }
  self->rtc = gst_bin_get_by_name (GST_BIN (self->pipeline), "rtc");
  g_object_unref (self->rtc); /* the pipeline holds it */
  for (guint i = 0; i < json_array_get_length (servers); i++)
    use_ice_server (self, json_array_get_object_element (servers, i));
  g_signal_connect (self->rtc, "on-ice-candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->rtc, "pad-added", G_CALLBACK (on_pad), self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (self->rtc, "create-offer", NULL,
                         gst_promise_new_with_change_func (on_offer_made, self, NULL));
}

static void
take_answer (Client *self, JsonObject *event)
{
  const char *text =
      json_object_get_string_member (json_object_get_object_member (event, "answer"), "sdp");
  GstWebRTCSessionDescription *answer;
  GstSDPMessage *sdp;

  gst_sdp_message_new_from_text (text, &sdp);
  answer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  g_signal_emit_by_name (self->rtc, "set-remote-description", answer, NULL);
  gst_webrtc_session_description_free (answer);
}

static void
take_candidate (Client *self, JsonObject *event)
{
  JsonObject *candidate = json_object_get_object_member (event, "candidate");

  if (candidate != NULL && self->rtc != NULL)
    g_signal_emit_by_name (self->rtc, "add-ice-candidate", 0,
                           json_object_get_string_member (candidate, "candidate"));
}

/* ---- the call, as the server tells it ---- */

static gboolean
hang_up (gpointer user_data)
{
  send_of_call (user_data, "call_end_request");
  return G_SOURCE_REMOVE;
}

static void
on_acknowledged (Client *self)
{
  g_autoptr (JsonBuilder) fields = NULL;

  if (self->callee == NULL) {
    g_print ("%s waits for a call\n", self->id);
    return;
  }
  self->call_id = g_uuid_string_random ();
  fields = begin ("callId", self->call_id);
  add (fields, "toUserId", self->callee);
  send_fields (self, "call_request", fields);
}

static void
on_incoming (Client *self, JsonObject *event)
{
  g_autoptr (JsonBuilder) fields = NULL;

  g_free (self->call_id);
  self->call_id = g_strdup (json_object_get_string_member (event, "callId"));
  fields = begin ("callId", self->call_id);
  add (fields, "offerer", "client"); /* so that both sides negotiate alike */
  send_fields (self, "call_accept", fields);
}

static void
on_connected (Client *self)
{
  self->was_connected = TRUE;
  g_print ("%s is connected: the bill runs\n", self->id);
  if (self->callee != NULL)
    g_timeout_add_seconds (self->seconds, hang_up, self);
}

static void
on_end (Client *self, JsonObject *event)
{
  g_print ("%s: over after %" G_GINT64_FORMAT " s (%s)\n", self->id,
           json_object_get_int_member (event, "totalSeconds"),
           json_object_get_string_member (event, "reason"));
  g_main_loop_quit (self->loop);
}

static void
on_message (SoupWebsocketConnection *socket, int type, GBytes *message, Client *self)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *event;
  const char *name;

  if (!json_parser_load_from_data (parser, g_bytes_get_data (message, NULL),
                                   (gssize)g_bytes_get_size (message), NULL))
    return;
  event = json_node_get_object (json_parser_get_root (parser));
  name = json_object_get_string_member (event, "type");
  if (g_str_equal (name, "connection_ack"))
    on_acknowledged (self);
  else if (g_str_equal (name, "incoming_call"))
    on_incoming (self, event);
  else if (g_str_equal (name, "signaling_start"))
    start_media (self, event);
  else if (g_str_equal (name, "webrtc_answer"))
    take_answer (self, event);
  else if (g_str_equal (name, "ice_candidate"))
    take_candidate (self, event);
  else if (g_str_equal (name, "call_connected"))
    on_connected (self);
  else if (g_str_equal (name, "call_tick"))
    g_print ("%s: unit %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " points\n", self->id,
             json_object_get_int_member (event, "unitIndex"),
             json_object_get_int_member (event, "charged"));
  else if (g_str_equal (name, "call_end"))
    on_end (self, event);
  else if (g_str_equal (name, "call_rejected"))
    fail (self, "the call was not taken");
  else if (g_str_equal (name, "error"))
    fail (self, json_object_get_string_member (event, "message"));
}

/* ---- the connection ---- */

static void
on_closed (SoupWebsocketConnection *socket, Client *self)
{
  fail (self, "the server has closed the connection");
}

static void
on_opened (GObject *session, GAsyncResult *result, gpointer user_data)
{
  Client *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonBuilder) fields = NULL;

  self->socket = soup_session_websocket_connect_finish (SOUP_SESSION (session), result, &error);
  if (self->socket == NULL) {
    fail (self, error->message);
    return;
  }
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_closed), self);
  fields = begin ("userId", self->id);
  add (fields, "token", self->token);
  send_fields (self, "init_connection", fields);
}

int
main (int argc, char **argv)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = NULL;
  Client self = { 0 };

  gst_init (&argc, &argv);
  if (argc != 4 && argc != 6) {
    g_printerr ("usage: %s URL ID TOKEN [CALLEE SECONDS]\n", argv[0]);
    return 64;
  }
  setvbuf (stdout, NULL, _IOLBF, 0);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.id = argv[2];
  self.token = argv[3];
  self.callee = argc > 4 ? argv[4] : NULL;
  self.seconds = argc > 5 ? atoi (argv[5]) : 0;
  message = soup_message_new ("GET", argv[1]);
  soup_session_websocket_connect_async (session, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        on_opened, &self);
  g_main_loop_run (self.loop);
  stop_media (&self);
  if (self.socket != NULL)
    g_signal_handlers_disconnect_by_data (self.socket, &self);
  g_clear_object (&self.socket);
  g_free (self.call_id);
  g_main_loop_unref (self.loop);
  return self.was_connected && g_atomic_int_get (&self.n_heard) > 0 ? 0 : 1;
}
