#pragma once

#include <glib.h>

#include "event.h"
#include "quality.h"
#include "recording.h"
#include "side.h"

/**
 * SECTION:media-port
 *
 * What a call needs of the media server, and what the media server tells a call. Every request
 * returns at once and is carried out elsewhere, in the order given for a call; every answer is an
 * #OtMediaEvent on the main loop, never from inside a request. A request for a call that media
 * doesn't have is ignored (its end was on the way).
 */

/**
 * OtRtpEvidence:
 *
 * What was seen of one side's RTP after SRTP authentication. All zero while nothing came.
 */
typedef struct {
  guint32 ssrc;
  guint16 first_sequence;
  gint64 first_us;      /* arrival of the first packet, monotonic; 0: none yet */
  gint64 last_us;       /* arrival of the newest packet, monotonic; 0: none yet */
  guint64 packet_count; /* so far */
} OtRtpEvidence;

/**
 * OtMediaCause:
 *
 * The client's message that a request carries out; REFUSED gives it back as it was. All zero: the
 * server's own wish.
 */
typedef struct {
  const char *event; /* its name; static */
  gint64 sequence;   /* the client's own number of it; 0: it has none */
  guint number;      /* how many descriptions its side had sent then, this one included */
  guint device;      /* which of its side's devices sent it: the call's own count */
} OtMediaCause;

typedef enum {
  OT_MEDIA_ANSWER,    /* sdp: the server's answer to a side's offer */
  OT_MEDIA_OFFER,     /* sdp: the server's offer, asked for with make_offer */
  OT_MEDIA_CANDIDATE, /* candidate: one of the server's, after the description that it belongs to */
  OT_MEDIA_REFUSED,   /* message, cause: a description or candidate can't be used; the call goes on
                         without it */
  OT_MEDIA_LEG_UP,    /* ICE and DTLS of the side are complete, fingerprint checked */
  OT_MEDIA_LEG_DOWN,  /* message: the side's transport is gone (fingerprint mismatch, DTLS alert);
                         evidence, not an end */
  OT_MEDIA_FIRST_RTP, /* once a call: at_us, evidence; the first authenticated RTP packet with both
                         legs up */
  OT_MEDIA_RECORDING, /* recording_on: the call is recorded from at_us on, or no more; message: why
                         it ended by itself, or could not begin */
  OT_MEDIA_FILE,      /* recording: a file was begun, or is complete; also when its call is over */
  OT_MEDIA_FILE_GONE, /* recording.path: a file was deleted, or is not there */
  OT_MEDIA_FAILED,    /* message: the call's media can't go on (pipeline error) */
} OtMediaEventType;

/** OtMediaEvent: all pointers borrowed for the time of the callback. */
typedef struct {
  OtMediaEventType type;
  const char *call_id;
  OtSide side;     /* not for FIRST_RTP's evidence and FAILED; for FIRST_RTP: who sent it */
  gint64 at_us;    /* the instant that it happened, monotonic */
  const char *sdp; /* ANSWER, OFFER */
  OtIceCandidate candidate; /* CANDIDATE */
  const char *message;      /* REFUSED, LEG_DOWN, RECORDING (nullable), FAILED: for a person */
  OtMediaCause cause;       /* REFUSED */
  OtRtpEvidence evidence[OT_N_SIDES]; /* FIRST_RTP */
  gint64 probed_us;      /* FIRST_RTP: when the pad probe saw the packet that came at at_us */
  gboolean recording_on; /* RECORDING */
  OtRecording recording; /* FILE, FILE_GONE */
} OtMediaEvent;

/** OtMediaLoad: datagrams since the start, of all calls. */
typedef struct {
  guint64 n_packets; /* that came */
  guint64 n_late;    /* of them those that waited too long for their thread */
} OtMediaLoad;

typedef void (*OtMediaListener) (const OtMediaEvent *event, gpointer user_data);

typedef struct {
  gpointer self;

  /** A bridge for two legs. Opening what is open does nothing. */
  void (*open) (gpointer self, const char *call_id);

  /** A side's offer: answered with ANSWER or REFUSED. A further one replaces the side's leg. */
  void (*offer) (
      gpointer self, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause);

  /** Asks for an offer of the server to a side: OFFER follows. */
  void (*make_offer) (gpointer self, const char *call_id, OtSide side);

  /** A side's answer to the server's offer: REFUSED when it can't be used, nothing otherwise. */
  void (*answer) (
      gpointer self, const char *call_id, OtSide side, const char *sdp, const OtMediaCause *cause);

  /** A side's candidate; before its description: kept (a bounded number). */
  void (*candidate) (gpointer self,
                     const char *call_id,
                     OtSide side,
                     const OtIceCandidate *candidate,
                     const OtMediaCause *cause);

  /** Records both voices into a file whose zero is @start_us, monotonic, and @start_wall_us in UTC:
   * RECORDING and FILE follow. Nothing happens while the call is recorded already. */
  void (*record) (gpointer self, const char *call_id, gint64 start_us, gint64 start_wall_us);

  /** Ends that, as does the end of the call: RECORDING follows, while the call is there, and FILE.
   */
  void (*stop_record) (gpointer self, const char *call_id);

  /** What was seen of both sides' RTP so far; reads counters, never waits. FALSE: no such call. */
  gboolean (*read_rtp) (gpointer self, const char *call_id, OtRtpEvidence evidence[OT_N_SIDES]);

  /** What is known of both sides' voices so far; reads counters, never waits. FALSE: no such call.
   */
  gboolean (*read_quality) (gpointer self, const char *call_id, OtQuality quality[OT_N_SIDES]);

  /** How media fares as a whole; reads counters, never waits. */
  void (*read_load) (gpointer self, OtMediaLoad *load);

  /** Ends the call's media. No event of it comes after this returns. */
  void (*close) (gpointer self, const char *call_id);
} OtMediaPort;
