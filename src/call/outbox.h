#pragma once

#include <glib.h>

#include "call-fsm.h"
#include "clock.h"
#include "record.h"

/**
 * OtTelling:
 *
 * How things stood when something was decided: what is told later, after the commit, speaks of that
 * moment.
 */
typedef struct {
  OtCallState state;
  OtReason reason;
  gint64 at_us;            /* monotonic */
  OtSide side;             /* CONNECTION_…: whose */
  gboolean peer_connected; /* CONNECTION_…: how it is now */
  gboolean recording;      /* RECORDING_…: the same */
  char *session_id;        /* (nullable) owned: the device concerned */
} OtTelling;

/**
 * OtOutboxItem:
 *
 * One record and what is told once it is committed. @record's strings are borrowed from the call or
 * static, but for
 * @detail, which the item owns.
 */
typedef struct {
  gboolean has_record;
  OtRecord record;
  char *detail; /* (nullable) owned; record.detail points here */
  OtTelling telling;
  OtCallEffect then[OT_FSM_FX_MAX];
  gint64 put_us;
} OtOutboxItem;

/** @result is NULL for an item without a record. */
typedef void (*OtOutboxFunc) (const OtOutboxItem *item,
                              const OtRecordResult *result,
                              gpointer user_data);

/**
 * OtOutbox:
 *
 * A call's FIFO to the database: one record at a time, in the order of the decisions; what has no
 * record waits its turn too, so "told after the commit" and the order of what is told hold by
 * construction. Notes are dropped, with a warning, beyond OT_OUTBOX_NOTES_MAX waiting items;
 * nothing that concerns money or the end ever is: the call itself ends when its oldest record has
 * waited too long (ot_outbox_waiting_since_us()), which bounds the rest.
 *
 * Thread: main loop.
 */
typedef struct _OtOutbox OtOutbox;

#define OT_OUTBOX_NOTES_MAX 128

OtOutbox *ot_outbox_new (const OtRecordPort *port,
                         const OtClock *clock,
                         OtOutboxFunc done,
                         gpointer user_data);

/** ot_outbox_free: only when nothing is in flight, or after the record port was closed. */
void ot_outbox_free (OtOutbox *self);

/** ot_outbox_put: @item is taken over (its owned members with it). @done may be called from inside
 * for what has no record. */
void ot_outbox_put (OtOutbox *self, OtOutboxItem *item);

/** ot_outbox_is_empty: nothing waits and nothing is in flight. */
gboolean ot_outbox_is_empty (const OtOutbox *self);

/** ot_outbox_waiting_since_us: when the oldest item that is not done was put, monotonic; 0: none.
 */
gint64 ot_outbox_waiting_since_us (const OtOutbox *self);

/** ot_outbox_clear: drops everything that was not sent yet. */
void ot_outbox_clear (OtOutbox *self);

/** ot_outbox_drop_open: drops the units and notes that were not sent yet: the call ended before
 * them. */
void ot_outbox_drop_open (OtOutbox *self);

/** ot_outbox_find_end: Returns: (nullable) (transfer none): the ENDED item if it was not sent yet,
 * to be amended. */
OtOutboxItem *ot_outbox_find_end (OtOutbox *self);
