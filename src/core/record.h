#pragma once

#include <glib.h>

#include "media-port.h"
#include "reason.h"
#include "side.h"

/**
 * SECTION:record
 *
 * What a call asks the database to make true, one record a transaction, and what the database
 * answers. A record is idempotent: writing the same one again (its answer was lost) changes nothing
 * and answers as the first time. Each record but QUALITY also leaves its row in call_events.
 * BILLING.md; PROTOCOL.md section 5.
 */

typedef enum {
  OT_RECORD_REQUESTED, /* the call comes into being, ringing */
  OT_RECORD_ACCEPTED,  /* ringing → accepted */
  OT_RECORD_STARTED,   /* accepted → in_call, with the evidence, and unit 1 charged, in one
                          transaction */
  OT_RECORD_UNIT,      /* unit n charged */
  OT_RECORD_NOTED,   /* a change between in_call and reconnecting, a lost or found connection: state
                        and event row */
  OT_RECORD_ENDED,   /* → ended or failed */
  OT_RECORD_QUALITY, /* after ENDED, if the call had media: what was known of both voices; no event
                        row */
  OT_RECORD_REFUSED, /* an event that was refused: an event row, nothing else; the call may not
                        exist */
} OtRecordKind;

/** OtRecord: strings borrowed for the time of the write() call. */
typedef struct {
  OtRecordKind kind;
  const char *call_id;
  gint64 at_us;      /* when it happened: UTC, µs since 1970, derived from the monotonic clock */
  const char *actor; /* userId, "server" or "operator" */
  const char *event; /* what happened, a word: "call_accept", "rtp_paused" */
  const char *from_state; /* wire names; NULL for none */
  const char *to_state;
  const char *detail; /* (nullable): a sentence or code for the event row */

  const char *caller_id; /* REQUESTED */
  const char *callee_id;
  gboolean callee_online;

  OtRtpEvidence
      evidence[OT_N_SIDES]; /* STARTED; instants in UTC µs here as well as monotonic below */
  gint64 evidence_wall_us[OT_N_SIDES];
  gint64 started_mono_us; /* STARTED: the clock's zero */

  int unit_index; /* UNIT: from 1 */
  gint64 due_us;  /* STARTED, UNIT: the instant that the unit covers from, UTC */

  gint64 talked_until_us; /* ENDED: when the call left in_call, UTC; 0: it never was */
  OtReason reason;        /* ENDED */
  gint64 total_seconds;   /* ENDED */

  OtQuality quality[OT_N_SIDES]; /* QUALITY */
} OtRecord;

typedef enum {
  OT_OUTCOME_DONE,      /* true now, and if asked again */
  OT_OUTCOME_LAST,      /* UNIT, in arrears: charged, and nothing holds another: the call is over at
                           due_us */
  OT_OUTCOME_REPEATED,  /* REQUESTED: this very call is there already; state and reason say how it
                           stands */
  OT_OUTCOME_DUPLICATE, /* REQUESTED: the id belongs to another call */
  OT_OUTCOME_PERMISSION_DENIED,    /* REQUESTED: the caller is no user */
  OT_OUTCOME_USER_NOT_FOUND,       /* REQUESTED: no such otomo */
  OT_OUTCOME_USER_OFFLINE,         /* REQUESTED: callee_online was FALSE */
  OT_OUTCOME_USER_BUSY,            /* REQUESTED: one of the two is in a live call */
  OT_OUTCOME_INSUFFICIENT_BALANCE, /* REQUESTED, STARTED, UNIT in advance: the wallet does not cover
                                      the unit; nothing changed */
  OT_OUTCOME_OVER, /* ACCEPTED, STARTED, UNIT, NOTED: the database has the call as over already;
                      nothing changed */
  OT_OUTCOME_LOST, /* all but REFUSED: the call is another server's now, which has closed it, or the
                      node's; nothing changed */
  OT_OUTCOME_FAULT, /* the database refused for good (a bug, or a broken schema) */
} OtOutcome;

typedef struct {
  OtOutcome outcome;
  const char *state;     /* REPEATED: the call's status; borrowed */
  const char *reason;    /* REPEATED: (nullable) */
  gint64 price_points;   /* REQUESTED: frozen with the call */
  gint64 share_percent;  /* REQUESTED */
  int unit_index;        /* STARTED, UNIT, ENDED: which unit the following is about */
  gint64 charged_points; /* STARTED, UNIT: of this unit; ENDED: of the unit that the end cut; 0:
                            nothing */
  gint64 earned_points;  /* the same, the otomo's */
  gint64 balance_points[OT_N_SIDES]; /* the same: the caller's wallet, the callee's earnings */
} OtRecordResult;

typedef void (*OtRecordDone) (const OtRecordResult *result, gpointer user_data);

typedef struct {
  gpointer self;

  /**
   * Writes one record; @done is called once from the main loop, never from inside this call, when
   * the database has committed or refused. While the database is away the record waits and is tried
   * again: no outcome "unavailable".
   * @done NULL: nobody waits for it (REFUSED).
   */
  void (*write) (gpointer self, const OtRecord *record, OtRecordDone done, gpointer user_data);

  /** Whether new work would be answered soon; FALSE while the database is away. */
  gboolean (*is_available) (gpointer self);
} OtRecordPort;
