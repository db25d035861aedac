#pragma once

#include "stun.h"

/**
 * SECTION:ice-check
 *
 * What an ICE-lite agent answers to a connectivity check (RFC 8445, 7.3; RFC 8489, 6.3 and 9.1.3),
 * which is also how a client keeps its consent (RFC 7675). In this order:
 *
 * | the check | the answer |
 * | --- | --- |
 * | has no USERNAME or no MESSAGE-INTEGRITY | 400, itself without integrity |
 * | names nobody, or its MESSAGE-INTEGRITY is wrong | 401, the same |
 * | has an attribute that must be understood and is not | 420 with UNKNOWN-ATTRIBUTES |
 * | has no PRIORITY, or an ICE attribute of a wrong length | 400 |
 * | takes the controlled role | 487: a lite agent is always controlled, so the client must switch |
 * | is good | success with XOR-MAPPED-ADDRESS |
 *
 * No answer is longer than its check: an error's text is cut, and where nothing fits nothing is
 * said. A client that nominates several pairs is sent to at the last of them: that is how clients
 * roam, and RFC 8445 knows no aggressive nomination, so the value of PRIORITY decides nothing here.
 *
 * Pure. Thread: any.
 */

typedef enum {
  OT_ICE_CHECK_STRANGE, /* nobody vouches for it; the answer is for anybody who might have sent it
                         */
  OT_ICE_CHECK_REFUSED, /* it is the client's own, and can't be used */
  OT_ICE_CHECK_GOOD,
} OtIceCheckVerdict;

/**
 * ot_ice_check_answer:
 * @answer: (out caller-allocates): of size 0 when nothing is to be said
 * @check: a binding request
 * @size: its bytes
 * @password: (nullable): of who is named by its USERNAME; NULL: nobody
 * @from: where it came from
 */
OtIceCheckVerdict ot_ice_check_answer (OtStunWriter *answer,
                                       const OtStun *check,
                                       gsize size,
                                       const char *password,
                                       const OtAddress *from);
