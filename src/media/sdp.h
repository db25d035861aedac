#pragma once

#include <glib.h>

#include "certificate.h"
#include "udp-address.h"

/**
 * SECTION:sdp
 *
 * The session descriptions of one voice leg, as text. A client's description is read into #OtSdp,
 * and only what stands there is ever used: webrtcbin gets a description that we write from it,
 * never the client's own text. Ours is likewise written or finished here. RFC 8866 (SDP), RFC 8839
 * (ICE), RFC 8842 (DTLS), RFC 9143 (bundle), RFC 7587 (Opus).
 *
 * Thread: any; no state.
 */

#define OT_SDP_MAX 16384     /* the longest description that is read, bytes */
#define OT_CANDIDATE_MAX 512 /* the longest candidate line, bytes */
#define OT_OPUS_PAYLOAD_TYPE 111

/** OtIceCredentials: of one leg, ours. Random, new for each leg. */
typedef struct {
  char ufrag[9];
  char pwd[25];
} OtIceCredentials;

/** OtSdp: what we take from a client's offer or answer. */
typedef struct {
  char mid[33];
  char ufrag[257];
  char pwd[257];
  char setup[9];             /* "actpass", "active" or "passive" */
  const char *direction;     /* "sendrecv", "sendonly" or "recvonly"; static */
  gboolean bundled;          /* has a BUNDLE group */
  OtFingerprint fingerprint; /* of its certificate */
  char fingerprint_text[256];
  int opus_payload_type;
} OtSdp;

/** OtSdpLocal: our end of a leg. All borrowed. */
typedef struct {
  const OtIceCredentials *credentials;
  const char *fingerprint;        /* value of the line */
  const OtAddressList *addresses; /* the candidates that we announce */
} OtSdpLocal;

/** ot_ice_credentials_make: fills in new random ones (48 and 144 bits). */
void ot_ice_credentials_make (OtIceCredentials *out);

/**
 * ot_sdp_read:
 * @out: (out caller-allocates): what it says
 * @text: a client's description; anything
 * @is_offer: an offer has setup actpass (or a role), an answer a role
 * @error: OT_MEDIA_ERROR_DESCRIPTION: what is wrong or missing, for the client's author
 *
 * Wanted: one audio section with Opus over UDP/TLS/RTP/SAVPF, with mid, rtcp-mux, ICE credentials,
 * a DTLS fingerprint and role. Everything else is ignored.
 */
gboolean ot_sdp_read (OtSdp *out, const char *text, gboolean is_offer, GError **error);

/** ot_sdp_write_for_engine: (transfer full): an offer that says no more than @self, for webrtcbin.
 */
char *ot_sdp_write_for_engine (const OtSdp *self);

/** ot_sdp_make_ordinary: (out caller-allocates): an offer as most clients make it, of nobody. */
void ot_sdp_make_ordinary (OtSdp *out, const char *fingerprint);

/** ot_sdp_is_ordinary: whether an engine's answer to ot_sdp_make_ordinary() can be made to fit. */
gboolean ot_sdp_is_ordinary (const OtSdp *self);

/**
 * ot_sdp_adapt_answer:
 * @answer: what webrtcbin answered to an ot_sdp_make_ordinary()
 * @remote: an ordinary offer
 *
 * Returns: (transfer full): what webrtcbin would have answered to @remote; only its session id
 * differs
 */
char *ot_sdp_adapt_answer (const char *answer, const OtSdp *remote);

/** ot_sdp_write_offer: (transfer full): our own offer, with @payload_type for Opus. */
char *ot_sdp_write_offer (const OtSdpLocal *local, int payload_type);

/**
 * ot_sdp_finish_answer:
 * @answer: what webrtcbin answered to ot_sdp_write_for_engine()'s text
 * @local: our end
 *
 * Returns: (transfer full): the answer with our ICE credentials, fingerprint and candidates in
 * place of webrtcbin's
 */
char *ot_sdp_finish_answer (const char *answer, const OtSdpLocal *local);

/** ot_sdp_write_candidate: (transfer full): "candidate:…" for one of @addresses, for trickling what
 * the description holds too. */
char *ot_sdp_write_candidate (const OtAddressList *addresses, guint index);

/** ot_candidate_is_valid: whether @text has the outer form of a candidate line; "" and NULL are
 * end-of-candidates. */
gboolean ot_candidate_is_valid (const char *text, GError **error);
