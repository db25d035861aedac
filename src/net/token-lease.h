#pragma once

#include <glib.h>

/**
 * OtTokenLease:
 *
 * How long a connection is let in by its token, and what is due when that ends: a word before, a
 * word at the end, and then, after a grace without anything that needs the connection, its close.
 * A fresh token begins it anew. Part of its session; a struct of values.
 *
 * The token's end is an instant of UTC, as the token's issuer has it; the grace runs on the
 * monotonic clock.
 *
 * Pure.
 */
typedef struct {
  gint64 notice_us;  /* UTC; %G_MAXINT64: said already */
  gint64 expires_us; /* UTC; %G_MAXINT64: never */
  gint64 grace_us;
  gint64
      needed_us;  /* monotonic: when it ended, or was last needed after that; 0: it has not ended */
  gint64 look_us; /* monotonic: when to ask next whether it is needed */
} OtTokenLease;

/** OtTokenLeaseDue: what is to be done now. */
typedef enum {
  OT_TOKEN_LEASE_NOTHING,
  OT_TOKEN_LEASE_ENDS,  /* say that it ends soon; once */
  OT_TOKEN_LEASE_ENDED, /* say that it has ended; once */
  OT_TOKEN_LEASE_ASK,   /* find out whether the connection is needed, for ot_token_lease_keep() */
} OtTokenLeaseDue;

/**
 * ot_token_lease_begin:
 * @expires_us: UTC; %G_MAXINT64: never
 * @notice_us: how long before it to say so; at most half of what is left, so that a short token is
 *   not spoken of at once
 * @grace_us: how long the connection stays after it when nothing needs it
 * @wall_us: now, UTC
 */
void ot_token_lease_begin (
    OtTokenLease *self, gint64 expires_us, gint64 notice_us, gint64 grace_us, gint64 wall_us);

/** ot_token_lease_look: Returns: what is due; asks four times a grace at most. */
OtTokenLeaseDue ot_token_lease_look (OtTokenLease *self, gint64 wall_us, gint64 mono_us);

/** ot_token_lease_keep: the answer to ASK. Returns: FALSE: the grace is over, the connection goes.
 */
gboolean ot_token_lease_keep (OtTokenLease *self, gboolean is_needed, gint64 mono_us);

/** ot_token_lease_has_ended: after ENDED, until it begins anew. */
gboolean ot_token_lease_has_ended (const OtTokenLease *self);
