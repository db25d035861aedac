#pragma once

#include <glib.h>
#include <sys/socket.h>

#include "dtls.h"
#include "histogram.h"

/**
 * LoadTally: what all talkers of a run counted while the window was open. Belongs to the media
 * thread.
 */
typedef struct {
  gboolean is_open;
  guint64 n_sent;
  guint64 n_heard;
  LoadHistogram latency_us; /* from the stamp to the arrival at the socket */
} LoadTally;

/** LoadInbox: room for what is read at once, shared by the talkers of one thread. */
#define LOAD_INBOX_SLOTS 16
#define LOAD_DATAGRAM_MAX 1600

typedef struct {
  guint8 data[LOAD_INBOX_SLOTS][LOAD_DATAGRAM_MAX];
  guint8 control[LOAD_INBOX_SLOTS][64];
  struct iovec vectors[LOAD_INBOX_SLOTS];
  struct mmsghdr messages[LOAD_INBOX_SLOTS];
} LoadInbox;

/** LoadNow: one instant on both clocks: kernel's arrival stamps are of the wall clock. */
typedef struct {
  gint64 mono_us;
  gint64 wall_us;
} LoadNow;

/**
 * LoadTalker:
 *
 * The media of one person: ICE's controlling side, DTLS-SRTP, and 50 Opus packets a second, each
 * with a stamp that says who sent it, which it is, and when. Hears the other's and counts.
 *
 * A life: new → answered (its socket is open, it checks) → shaking hands → talking; or failed.
 * Thread: made by one; from load_voice_add() on the media thread's, except where said otherwise.
 */
typedef struct _LoadTalker LoadTalker;

typedef enum {
  LOAD_TALKER_NEW,
  LOAD_TALKER_CHECKING,
  LOAD_TALKER_SHAKING,
  LOAD_TALKER_TALKING,
  LOAD_TALKER_FAILED,
} LoadTalkerState;

/** LoadHeard: what a talker sent and heard; instants are monotonic µs, 0: not yet. */
typedef struct {
  LoadTalkerState state;
  gint64 first_sent_us;
  gint64 first_heard_us;
  guint32 n_sent;
  guint32 n_heard;     /* without duplicates */
  guint32 first_heard; /* the number of the first packet that was heard */
  guint32 n_duplicates;
  guint32 n_strange; /* of somebody else */
} LoadHeard;

#define LOAD_PACKET_US 20000 /* of voice in a packet */

/**
 * load_talker_new:
 * @identity: borrowed, outlives it
 * @run: the same in all talkers of a run
 * @number: who this is; its peer is @number ^ 1
 * @payload_size: bytes of voice in a packet, LOAD_PAYLOAD_MIN to LOAD_PAYLOAD_MAX
 *
 * Returns: (transfer full)
 */
LoadTalker *
load_talker_new (const LoadIdentity *identity, guint32 run, guint32 number, guint payload_size);

/** load_talker_free: says close_notify, closes its socket; not while a voice has it. */
void load_talker_free (LoadTalker *self);

#define LOAD_PAYLOAD_MIN 32
#define LOAD_PAYLOAD_MAX 255

/** load_talker_write_offer: (transfer full): SDP. */
char *load_talker_write_offer (const LoadTalker *self);

/**
 * load_talker_answer:
 * @sdp: the server's answer: an ICE-lite agent's, with one UDP candidate of its own
 * @error: of OT_MEDIA_ERROR: what is missing in it, or that there is no socket
 *
 * Opens the socket. Before load_voice_add().
 */
gboolean load_talker_answer (LoadTalker *self, const char *sdp, GError **error);

/** load_talker_get_socket: for polling; owned by the talker. */
int load_talker_get_socket (const LoadTalker *self);

/** load_talker_tick: What is due each LOAD_PACKET_US: checks, flights, and voice unless @silent.
 * @now_us: monotonic. */
void load_talker_tick (LoadTalker *self, gint64 now_us, gboolean silent, LoadTally *tally);

/** load_talker_receive: Takes all that has come. */
void load_talker_receive (LoadTalker *self, LoadInbox *inbox, const LoadNow *now, LoadTally *tally);

/** load_talker_look: Thread: any that keeps the media thread away meanwhile (load_voice_look()). */
void load_talker_look (const LoadTalker *self, LoadHeard *out);
