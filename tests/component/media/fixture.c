/* What the component tests of media/ share: a real server, real peers, and the steps of a call. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void
seen_free (gpointer data)
{
  Seen *self = data;

  g_free (self->text);
  g_free (self->mid);
  g_free (self);
}

void
on_event (const OtMediaEvent *event, gpointer user_data)
{
  Fixture *f = user_data;
  gboolean is_file = event->type == OT_MEDIA_FILE || event->type == OT_MEDIA_FILE_GONE;
  Seen *seen = g_new0 (Seen, 1);
  const char *text = event->sdp != NULL ? event->sdp : event->message;

  if (is_file)
    text = event->recording.path;
  else
    g_assert_cmpstr (event->call_id, ==, CALL);
  seen->type = event->type;
  seen->side = event->side;
  seen->at_us = event->at_us;
  seen->probed_us = event->probed_us;
  seen->recording_on = event->recording_on;
  seen->is_whole = event->recording.sha256 != NULL && event->recording.message == NULL;
  seen->text = g_strdup (event->type == OT_MEDIA_CANDIDATE ? event->candidate.candidate : text);
  seen->mid = g_strdup (event->candidate.sdp_mid);
  memcpy (seen->evidence, event->evidence, sizeof seen->evidence);
  g_ptr_array_add (f->events, seen);
}

gboolean
fixture_is_out_of_patience (gpointer condition)
{
  g_error ("not within %d s: %s", PATIENCE_S, (const char *)condition);
  return G_SOURCE_REMOVE;
}

guint
count_events (Fixture *f, OtMediaEventType type)
{
  guint n = 0;

  for (guint i = 0; i < f->events->len; i++)
    n += ((Seen *)g_ptr_array_index (f->events, i))->type == type;
  return n;
}

/* The last event of a kind; waits for the @nth. */
Seen *
wait_for_event (Fixture *f, OtMediaEventType type, guint nth)
{
  wait_for (count_events (f, type) >= nth);
  for (guint i = f->events->len; i > 0; i--) {
    Seen *seen = g_ptr_array_index (f->events, i - 1);

    if (seen->type == type)
      return seen;
  }
  g_assert_not_reached ();
}

static void
set_up_at (Fixture *f, const char *host)
{
  const OtMediaOptions options = {
    .n_prepared = 1, .address = host, .recordings_dir = f->recordings, .consent_us = f->consent_us
  };
  g_autoptr (GError) error = NULL;

  f->events = g_ptr_array_new_with_free_func (seen_free);
  f->server = ot_media_server_new (&options, on_event, f, &error);
  g_assert_no_error (error);
  f->port = ot_media_server_port (f->server);
  for (guint side = 0; side < OT_N_SIDES; side++)
    f->peers[side] = peer_new (host);
  f->port.open (f->port.self, CALL);
}

void
set_up (Fixture *f, gconstpointer data)
{
  set_up_at (f, "127.0.0.1");
}

void
set_up_v6 (Fixture *f, gconstpointer data)
{
  set_up_at (f, "::1");
}

void
set_up_recording (Fixture *f, gconstpointer data)
{
  f->recordings = g_dir_make_tmp ("otomo-recordings-XXXXXX", NULL);
  set_up_at (f, "127.0.0.1");
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *below = g_build_filename (path, name, NULL);

    remove_tree (below);
  }
  g_remove (path);
}

void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->server != NULL)
    ot_media_server_free (f->server);
  for (guint side = 0; side < OT_N_SIDES; side++)
    peer_free (f->peers[side]);
  g_ptr_array_unref (f->events);
  if (f->recordings != NULL)
    remove_tree (f->recordings);
  g_free (f->recordings);
}

void
offer (Fixture *f, OtSide side, Peer *peer, const char *setup)
{
  g_autofree char *sdp = peer_write_description (peer, setup);
  guint n = count_events (f, OT_MEDIA_ANSWER);

  f->port.offer (f->port.self, CALL, side, sdp, &no_cause);
  g_assert_cmpuint (count_events (f, OT_MEDIA_ANSWER), ==, n); /* never from inside a request */
  peer_read_description (peer, wait_for_event (f, OT_MEDIA_ANSWER, n + 1)->text);
}

void
be_offered (Fixture *f, OtSide side, Peer *peer, const char *setup)
{
  guint n = count_events (f, OT_MEDIA_OFFER);
  g_autofree char *answer = NULL;

  f->port.make_offer (f->port.self, CALL, side);
  peer_read_description (peer, wait_for_event (f, OT_MEDIA_OFFER, n + 1)->text);
  peer->is_dtls_client = strcmp (setup, "active") == 0;
  if (peer->is_dtls_client)
    SSL_set_connect_state (peer->tls);
  else
    SSL_set_accept_state (peer->tls);
  answer = peer_write_description (peer, setup);
  f->port.answer (f->port.self, CALL, side, answer, &no_cause);
}

void
connect_peer (Fixture *f, Peer *peer)
{
  guint n = count_events (f, OT_MEDIA_LEG_UP);

  peer_check (peer, TRUE);
  wait_for (peer_is_connected (peer));
  wait_for_event (f, OT_MEDIA_LEG_UP, n + 1);
}

void
connect_both (Fixture *f)
{
  for (guint side = 0; side < OT_N_SIDES; side++) {
    offer (f, side, f->peers[side], "actpass");
    connect_peer (f, f->peers[side]);
  }
}

guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return g_ntohl (value);
}

guint16
get16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

/* One packet from one peer to the other, and what of it arrived. */
const guint8 *
say (Peer *from, Peer *to)
{
  guint n = to->rtp->len;

  peer_send_rtp (from);
  wait_for (to->rtp->len > n);
  return g_bytes_get_data (g_ptr_array_index (to->rtp, n), NULL);
}

/* Something that the server handles after all that was sent before it on the same socket. */
void
wait_until_handled (Peer *peer)
{
  guint n = peer->n_checks_answered;

  peer_check (peer, FALSE);
  wait_for (peer->n_checks_answered > n);
}
