#pragma once

#include <stdatomic.h>

#include "certificate.h"
#include "engine.h"
#include "srtp.h"

/**
 * OtPair:
 *
 * Two engines that talk to each other without a network: what one sends is fed to the other by the
 * thread that shakes hands. The first is DTLS's client.
 */
typedef struct _OtPair OtPair;

/** OtPairEnd: what the pair knows of one of its engines. */
typedef struct {
  OtEngine *engine; /* owned (nullable) */
  GObject *owner;   /* owned: the engine's, as a leg is */
  guint8 receive_key[OT_SRTP_KEY_SIZE];
  guint8 send_key[OT_SRTP_KEY_SIZE];
  guint n_certificates;
  guint n_keys;
  guint n_rtp;       /* packets that the probe saw */
  atomic_int n_lost; /* on any thread */
} OtPairEnd;

struct _OtPair {
  OtClock clock;              /* the machine's monotonic one, but ahead; first */
  gint64 ahead_us;            /* to be set while no thread works */
  OtCertificate *certificate; /* owned */
  GstElement *keeper;         /* owned: of what all engines of a process share, as a stock does */
  GstElement *stock;          /* owned: PLAYING; where engines are made and wait */
  GstElement *pipeline;       /* owned: PLAYING; where they serve */
  OtPairEnd ends[2];

  GMutex lock; /* guards wire */
  GCond came;
  GQueue wire; /* datagrams, owned; not a GAsyncQueue, which ThreadSanitizer can't see through */
};

OtPair *ot_pair_new (void);

/** ot_pair_free: Its engines were stopped, or never made. */
void ot_pair_free (OtPair *self);

/** ot_pair_make: Two engines that have answered an ordinary offer, in place of stopped ones. */
void ot_pair_make (OtPair *self);

/** ot_pair_serve: They serve, and nothing of before is on the wire or known. */
void ot_pair_serve (OtPair *self);

/** ot_pair_connect: DTLS begins. */
void ot_pair_connect (OtPair *self);

/** ot_pair_carry: Carries @n datagrams, as they come; each is waited for. */
void ot_pair_carry (OtPair *self, guint n);

/** ot_pair_shake_hands: Carries datagrams until both have keys. */
void ot_pair_shake_hands (OtPair *self);

/** ot_pair_rewind: both; whether both could be. */
gboolean ot_pair_rewind (OtPair *self);

/** ot_pair_stop: both. */
void ot_pair_stop (OtPair *self);
