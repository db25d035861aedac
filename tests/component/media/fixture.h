#pragma once

#include <glib.h>

#include "media-server.h"
#include "peer.h"

#define CALL "call-1"
#define PATIENCE_S 30

/* Of a request that no message of a client caused. */
static const OtMediaCause no_cause = { 0 };

/* One call and its two peers; what the server told, in order. */
typedef struct {
  OtMediaServer *server;
  OtMediaPort port;
  Peer *peers[OT_N_SIDES];
  GPtrArray *events; /* of Seen */
  char *recordings;  /* (nullable): the directory of recordings; removed with what is in it */
  gint64 consent_us; /* 0: the server's own */
} Fixture;

typedef struct {
  OtMediaEventType type;
  OtSide side;
  gint64 at_us;
  gint64 probed_us;
  gboolean recording_on;
  gboolean is_whole; /* the file is complete, and nothing went wrong */
  char *text;        /* sdp, candidate, message, or a file's path */
  char *mid;
  OtRtpEvidence evidence[OT_N_SIDES];
} Seen;

/** For wait_for(). */
gboolean fixture_is_out_of_patience (gpointer condition);

/* Runs the loop until @condition holds; an event or a datagram wakes it, the deadline ends the
 * test. */
#define wait_for(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint deadline =                                                                               \
        g_timeout_add_seconds (PATIENCE_S, fixture_is_out_of_patience, (gpointer) #condition);     \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (deadline);                                                                    \
  }                                                                                                \
  G_STMT_END

/** A server on a loopback address, its call CALL, open, and two peers that do nothing yet. For
 * g_test_add(): set_up() is on 127.0.0.1, set_up_v6() on ::1; set_up_recording() has
 * a directory for recordings. */
void set_up (Fixture *f, gconstpointer data);
void set_up_v6 (Fixture *f, gconstpointer data);
void set_up_recording (Fixture *f, gconstpointer data);
void tear_down (Fixture *f, gconstpointer data);

/** Keeps the event. The server's listener, with a Fixture. */
void on_event (const OtMediaEvent *event, gpointer fixture);

guint count_events (Fixture *f, OtMediaEventType type);

/** Waits for the @nth event of a kind. Returns the last of them. */
Seen *wait_for_event (Fixture *f, OtMediaEventType type, guint nth);

/** The peer offers and reads the answer. */
void offer (Fixture *f, OtSide side, Peer *peer, const char *setup);

/** The server offers and the peer answers. @setup: the peer's role, "active" or "passive". */
void be_offered (Fixture *f, OtSide side, Peer *peer, const char *setup);

/** ICE and DTLS, until both ends are done. */
void connect_peer (Fixture *f, Peer *peer);

/** Both peers offer and connect. */
void connect_both (Fixture *f);

/** One packet from one peer to the other. Returns it as it arrived. */
const guint8 *say (Peer *from, Peer *to);

/** Until the server has handled all that the peer sent before. */
void wait_until_handled (Peer *peer);

guint16 get16 (const guint8 *at);
guint32 get32 (const guint8 *at);
