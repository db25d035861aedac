#pragma once

#include "fixture.h"

/**
 * SECTION:talk
 *
 * Records of a call as a test says them, on a clock of its own: TALK_START_US is when calls are
 * requested, accepted 1 s later, started 2 s later. Users and otomos are named after the call,
 * "CALL-u" and "CALL-o", so that tests don't meet.
 */

#define TALK_START_US (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

/** What was answered, with its strings copied. */
typedef struct {
  OtOutcome outcome;
  char state[32];
  char reason[32];
  int unit_index;
  gint64 price_points, share_percent, charged_points, earned_points, wallet, earnings;
  gboolean answered;
} Answer;

/** talk_write: puts a record; @answer is filled when it comes. */
void talk_write (OtStore *self, const OtRecord *record, Answer *answer);

/** talk_await: turns the loop until it was answered. */
void talk_await (const Answer *answer);

/** talk_store: whose calls the following are about; NULL: the fixture's store. */
extern OtStore *talk_store;

/** talk_people: a user with points and an otomo with a price; share −1: the default of 50. */
void talk_people (const char *call_id, gint64 points, gint64 price, int share);

/** The records of "CALL", waited for. at_s is from TALK_START_US. */
OtRecord talk_record (OtRecordKind kind, const char *call_id, double at_s);
Answer talk_do (const OtRecord *record);
Answer talk_request (const char *call_id);
Answer talk_accept (const char *call_id);
Answer talk_start (const char *call_id);
Answer talk_unit (const char *call_id, int unit_index);
Answer talk_note (const char *call_id, double at_s, const char *from, const char *to);
Answer talk_end (const char *call_id, double at_s, const char *from, OtReason reason);

/** talk_begin: people, request, accept, start: unit 1 is charged. */
void talk_begin (const char *call_id, gint64 points, gint64 price, int share);
