#pragma once

#include "allowance.h"

/** OtNetLimits: what bounds a connection and a person's connections. PROTOCOL.md section 1. */
typedef struct {
  gint64 init_timeout_us; /* until it must be authenticated; then 4408 */
  gint64 token_notice_us; /* before its token ends a client is told; at most half its time */
  gint64 token_grace_us;  /* after it has ended, for what does not need the connection; then 4401 */
  int ping_seconds;       /* the server pings this often */
  int missed_pongs;       /* unanswered in a row; then 4440 */
  gint64 linger_us;       /* for the other side to answer our close */
  gint64 fresh_linger_us; /* the same of one that has not authenticated */
  gsize max_message_bytes; /* a message, all its frames together; then 1009 */
  gsize max_queue_bytes;   /* waiting for a client that does not read; then 4440 */
  OtQuotaRule invalid;     /* messages that could not be accepted; then 4400 */
  OtAllowanceRules send;   /* of a connection; beyond it RATE_LIMITED */
  OtAllowanceRules person; /* of all connections of one person; beyond it RATE_LIMITED */
  OtQuotaRule too_fast;    /* messages that were RATE_LIMITED so; then 4429 */
  guint max_fresh;         /* connections that are not authenticated; then 4408 for the oldest */
  guint max_devices;       /* of one person; then 4409 for the oldest; as many lost ones */
  gint64 resume_window_us; /* how long a lost session waits for its client */
  guint max_parked;        /* lost sessions of all people; then the oldest goes */
  gsize max_parked_bytes;  /* kept for all of them; then the oldest goes */
} OtNetLimits;

/* A queue must hold the replay of a channel: 50 messages of 4,000 characters. */
#define OT_NET_LIMITS_DEFAULT                                                                      \
  {                                                                                                \
    .init_timeout_us = 10 * G_USEC_PER_SEC, .token_notice_us = 60 * G_USEC_PER_SEC,                \
    .token_grace_us = 30 * G_USEC_PER_SEC, .ping_seconds = 30, .missed_pongs = 2,                  \
    .linger_us = 5 * G_USEC_PER_SEC, .fresh_linger_us = G_USEC_PER_SEC / 2,                        \
    .max_message_bytes = 64 * 1024, .max_queue_bytes = 1024 * 1024,                                \
    .invalid = { 20, 60 * G_USEC_PER_SEC },                                                        \
    .send = { { 100, 2 * G_USEC_PER_SEC }, { 256 * 1024, 2 * G_USEC_PER_SEC } },                   \
    .person = { { 200, 2 * G_USEC_PER_SEC }, { 512 * 1024, 2 * G_USEC_PER_SEC } },                 \
    .too_fast = { 20, 10 * G_USEC_PER_SEC }, .max_fresh = 1000, .max_devices = 5,                  \
    .resume_window_us = 60 * G_USEC_PER_SEC, .max_parked = 1000,                                   \
    .max_parked_bytes = 16 * 1024 * 1024                                                           \
  }

/** OtCloseCode: why the server closes a WebSocket. PROTOCOL.md section 1. */
typedef enum {
  OT_CLOSE_NORMAL = 1000,
  OT_CLOSE_DRAINING = 1001,
  OT_CLOSE_BINARY = 1003,
  OT_CLOSE_TOO_BIG = 1009,
  OT_CLOSE_TOO_MANY_INVALID = 4400,
  OT_CLOSE_UNAUTHENTICATED = 4401,
  OT_CLOSE_BLOCKED = 4403,
  OT_CLOSE_NO_INIT = 4408,
  OT_CLOSE_REPLACED = 4409,
  OT_CLOSE_RATE_LIMIT = 4429,
  OT_CLOSE_KEEP_ALIVE_LOST = 4440,
} OtCloseCode;
