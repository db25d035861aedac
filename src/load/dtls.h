#pragma once

#include <glib.h>

#include "certificate.h"
#include "srtp.h"

/** LoadIdentity: the certificate that all calls of a run show. Immutable. */
typedef struct _LoadIdentity LoadIdentity;

/** load_identity_new: Returns: (transfer full) (nullable): NULL with @error: of certificate.h */
LoadIdentity *load_identity_new (GError **error);
void load_identity_free (LoadIdentity *self);

/** load_identity_get_fingerprint: (transfer none): value of our a=fingerprint line. */
const char *load_identity_get_fingerprint (const LoadIdentity *self);

/**
 * LoadDtls:
 *
 * One DTLS 1.2 handshake (RFC 6347) that ends in SRTP keys (RFC 5764), by OpenSSL, in either role.
 * It has no socket: datagrams are fed, and what is to be sent comes out at a callback, during the
 * calls.
 *
 * Thread: one at a time.
 */
typedef struct _LoadDtls LoadDtls;

/** LoadDtlsSend: @data: a datagram; borrowed for the time of the call. */
typedef void (*LoadDtlsSend) (const guint8 *data, gsize size, gpointer user_data);

typedef enum { LOAD_DTLS_GOING, LOAD_DTLS_DONE, LOAD_DTLS_FAILED } LoadDtlsState;

/** load_dtls_new: @is_client: whether we begin. @identity: borrowed, outlives it. Returns:
 * (transfer full) */
LoadDtls *load_dtls_new (const LoadIdentity *identity,
                         gboolean is_client,
                         LoadDtlsSend send,
                         gpointer user_data);
void load_dtls_free (LoadDtls *self);

/** load_dtls_feed: @data: (nullable): a datagram; NULL: begins, or looks whether a flight is to be
 * sent again. */
LoadDtlsState load_dtls_feed (LoadDtls *self, const guint8 *data, gsize size);

/**
 * load_dtls_finish: after LOAD_DTLS_DONE
 * @fingerprint: of the description; the peer's certificate has to have it
 *
 * Returns: (transfer full) (nullable): for our packets and the peer's; NULL with @error: of
 * OT_MEDIA_ERROR
 */
OtSrtp *load_dtls_finish (LoadDtls *self, const OtFingerprint *fingerprint, GError **error);

/** load_dtls_close: Tells the peer that it is over (close_notify). */
void load_dtls_close (LoadDtls *self);
