#pragma once

#include <glib.h>

#include "event.h"
#include "reason.h"

/**
 * OtFormat: how an event looks on the wire, chosen by the WebSocket subprotocol; the fields are the
 * same. PROTOCOL.md section 2.
 */
typedef enum {
  OT_FORMAT_FLAT,     /* "otomo.flat.v1" or none: {"type": …, the fields} */
  OT_FORMAT_ENVELOPE, /* "otomo.envelope.v1": {"event": …, "payload": {…}, "sequence": n} */
  OT_FORMAT_N,
} OtFormat;

/** ot_format_subprotocol: the name for Sec-WebSocket-Protocol; static. */
const char *ot_format_subprotocol (OtFormat format);

/** ot_format_parse: the format of a subprotocol; flat for NULL. @name must be one that
 * ot_format_subprotocol() gives. */
OtFormat ot_format_parse (const char *name);

/** OtDecoded: a client's message, read or refused. Filled by ot_codec_decode(); end with
 * ot_decoded_clear(). */
typedef struct {
  OtIn *event;          /* (nullable) owned; NULL: refused, see @code and @message */
  OtCode code;          /* OT_CODE_NONE, or INVALID_JSON, INVALID_MESSAGE, UNKNOWN_EVENT */
  char *message;        /* (nullable) owned; for a person: what is wrong and where */
  char *original_event; /* (nullable) owned; the event's name when it could be read, at most 64
                           characters */
  char *call_id;        /* (nullable) owned; the call that it names, when that is an id */
  gint64 sequence;      /* what the client numbered it with; has_sequence */
  gboolean has_sequence;
} OtDecoded;

/**
 * ot_codec_decode:
 * @format: the connection's
 * @text: a whole message, from anybody; need not end with NUL
 * @length: in bytes
 * @decoded: (out): what it says, or what is wrong with it
 *
 * Thread: any.
 */
void ot_codec_decode (OtFormat format, const char *text, gsize length, OtDecoded *decoded);

/** ot_decoded_clear: Frees what the members own. */
void ot_decoded_clear (OtDecoded *decoded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OtDecoded, ot_decoded_clear)

/**
 * ot_codec_encode:
 * @format: the connection's
 * @event: the event, its required strings set (asserted)
 * @sequence: its number within the session; only the envelope shows it
 *
 * Returns: (transfer full): the message
 * Thread: any.
 */
char *ot_codec_encode (OtFormat format, const OtOut *event, gint64 sequence);
