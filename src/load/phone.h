#pragma once

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

/**
 * LoadPhone:
 *
 * One person's WebSocket (PROTOCOL.md sections 1 to 3), in the flat format. Thread: main loop.
 */
typedef struct _LoadPhone LoadPhone;

/**
 * LoadPhoneListener:
 * @type: the event; NULL: the connection could not be made, or is gone
 * @fields: its fields, borrowed; with @type NULL: NULL
 * @message: with @type NULL: why, for a person
 */
typedef void (*LoadPhoneListener) (LoadPhone *phone,
                                   const char *type,
                                   JsonObject *fields,
                                   const char *message,
                                   gpointer user_data);

/** load_phone_new: connects, and says with init_connection who it is. @session and @user_data:
 * borrowed, outlive it. Returns: (transfer full): given back with load_phone_close() */
LoadPhone *load_phone_new (SoupSession *session,
                           const char *url,
                           const char *name,
                           const char *token,
                           LoadPhoneListener listener,
                           gpointer user_data);

/** load_phone_send: @...: names and string values of fields, then NULL. Does nothing once it is
 * gone. */
void load_phone_send (LoadPhone *self, const char *type, ...) G_GNUC_NULL_TERMINATED;

/** load_phone_send_offer: webrtc_offer. */
void load_phone_send_offer (LoadPhone *self, const char *call_id, const char *sdp);

/** load_phone_close: Hangs up the connection and frees it; the listener hears nothing more. */
void load_phone_close (LoadPhone *self);
