#pragma once

#include "metric.h"

/** OtDropCause: why a datagram went nowhere. */
typedef enum {
  OT_DROP_UNKNOWN,      /* from an address that no leg was heard from */
  OT_DROP_MALFORMED,    /* too long, too short, or no RTP, RTCP or STUN */
  OT_DROP_UNAUTHENTIC,  /* wrong keys, sent before, or from another's address (SRTP, ICE) */
  OT_DROP_PAYLOAD_TYPE, /* no Opus of the leg's number */
  OT_DROP_NO_LISTENER,  /* the other side has no leg that is up */
  OT_DROP_EARLY,        /* before the leg's keys, more than are kept */
  OT_DROP_SOCKET_FULL,  /* the system did not take it */
  OT_DROP_RECORDER,     /* forwarded, but not recorded: the recorder is behind */
  OT_DROP_FLOOD,        /* authentic, and more than any voice has */
  OT_DROP_BEHIND,       /* ours (DTLS): more wait for the media thread than may */
  OT_DROP_N,
} OtDropCause;

/** OtPacketKind: what is forwarded. */
typedef enum { OT_PACKET_RTP, OT_PACKET_RTCP, OT_PACKET_N } OtPacketKind;

/**
 * OtForwarderFigures:
 *
 * What a media thread counts and measures; OT_DROP_BEHIND is counted by who was refused. Read by
 * anybody.
 */
typedef struct {
  OtCounter received; /* datagrams of all kinds */
  OtCounter late;     /* of these: in batches that waited longer than they may */
  OtCounter forwarded[OT_PACKET_N];
  OtCounter dropped[OT_DROP_N];
  OtHistogram lag_us; /* how long the oldest datagram of a batch lay in the socket */
  OtHistogram
      forward_us; /* each packet, from its batch's arrival at the socket until it was sent */
} OtForwarderFigures;

void ot_forwarder_figures_init (OtForwarderFigures *self);

/** ot_forwarder_figures_merge: adds all of @other. */
void ot_forwarder_figures_merge (OtForwarderFigures *self, const OtForwarderFigures *other);

/** A word; static. */
const char *ot_drop_cause_name (guint cause);
const char *ot_packet_kind_name (guint kind);
