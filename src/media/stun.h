#pragma once

#include <glib.h>

#include "udp-address.h"

/**
 * SECTION:stun
 *
 * The STUN that an ICE-lite agent needs: binding requests in, binding responses out. RFC 8489
 * (messages, MESSAGE-INTEGRITY with SHA-1 and short-term credentials, FINGERPRINT) and RFC 8445
 * (ICE attributes). Not here: transactions, retransmission, other methods,
 * MESSAGE-INTEGRITY-SHA256.
 *
 * Thread: any; no state.
 */

#define OT_STUN_MAX 512            /* the largest message that is read or written, bytes */
#define OT_STUN_TRANSACTION 12     /* bytes of a transaction id */
#define OT_STUN_UNKNOWN_MAX 4      /* of a message's unknown attributes, so many are named */
#define OT_STUN_REASON_MAX 32      /* bytes of an error's text */
#define OT_STUN_INTEGRITY_ROOM 24  /* bytes that ot_stun_finish() adds with a password */
#define OT_STUN_FINGERPRINT_ROOM 8 /* and always */
#define OT_STUN_ERROR_ROOM 28      /* header and an error without text */

typedef enum {
  OT_STUN_BINDING_REQUEST = 0x0001,
  OT_STUN_BINDING_SUCCESS = 0x0101,
  OT_STUN_BINDING_ERROR = 0x0111,
} OtStunType;

typedef enum {
  OT_STUN_USERNAME = 0x0006,
  OT_STUN_INTEGRITY = 0x0008,
  OT_STUN_ERROR_CODE = 0x0009,
  OT_STUN_UNKNOWN_ATTRIBUTES = 0x000a,
  OT_STUN_XOR_MAPPED_ADDRESS = 0x0020,
  OT_STUN_PRIORITY = 0x0024,
  OT_STUN_USE_CANDIDATE = 0x0025,
  OT_STUN_FINGERPRINT = 0x8028,
  OT_STUN_CONTROLLED = 0x8029,
  OT_STUN_CONTROLLING = 0x802a,
} OtStunAttribute;

/** OtStun: a message that was read; points into it. */
typedef struct {
  const guint8 *data; /* borrowed */
  guint16 type;
  const guint8 *transaction; /* OT_STUN_TRANSACTION bytes */
  const guint8 *username;    /* (nullable): username_size bytes, not terminated */
  gsize username_size;
  gsize integrity_offset; /* of the MESSAGE-INTEGRITY attribute; 0: none */
  gboolean use_candidate;
  gboolean is_controlled; /* the sender takes the controlled role, which is ours */
  gboolean has_priority;
  gboolean is_malformed;                /* an ICE attribute is not as long as it has to be */
  guint16 unknown[OT_STUN_UNKNOWN_MAX]; /* comprehension-required, and not known here */
  guint n_unknown;
  OtAddress mapped; /* responses; all zero: none */
  int error_code;   /* error responses; 0: none */
} OtStun;

/**
 * ot_stun_read:
 * @out: (out caller-allocates): what it says
 * @data: a datagram
 * @size: its bytes
 *
 * Attributes behind MESSAGE-INTEGRITY are not believed.
 *
 * Returns: FALSE when it is no well-formed STUN message or its FINGERPRINT is absent or wrong
 */
gboolean ot_stun_read (OtStun *out, const guint8 *data, gsize size);

/** ot_stun_is_authentic: whether MESSAGE-INTEGRITY is there and was made with @password. Constant
 * time. */
gboolean ot_stun_is_authentic (const OtStun *self, const char *password);

/** OtStunWriter: a message in the making. */
typedef struct {
  guint8 data[OT_STUN_MAX];
  gsize size;
} OtStunWriter;

/** A message is begun, attributes are put (at most 256 bytes each, three of them), then it is
 * finished. */
void
ot_stun_begin (OtStunWriter *self, OtStunType type, const guint8 transaction[OT_STUN_TRANSACTION]);
void ot_stun_put (OtStunWriter *self, OtStunAttribute attribute, const void *value, gsize size);
void ot_stun_put_mapped (OtStunWriter *self, const OtAddress *address);

/** ot_stun_put_error: @room: bytes that the text may have, at most OT_STUN_REASON_MAX. */
void ot_stun_put_error (OtStunWriter *self, int code, const char *reason, gsize room);

/** ot_stun_finish: Adds MESSAGE-INTEGRITY with @password (nullable: it has none), and FINGERPRINT.
 */
void ot_stun_finish (OtStunWriter *self, const char *password);
