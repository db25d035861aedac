#pragma once

#include <glib.h>

#include "call.h"
#include "sender.h"

/**
 * OtRegistry:
 *
 * Owns all calls of this server, by id. The door through which clients' events,
 * media's events and the operator reach a call; its one timer looks at all live calls ten times a
 * second. A call that is over stays for a minute, so that a late message is refused for the right
 * reason.
 *
 * Thread: main loop.
 */
typedef struct _OtRegistry OtRegistry;

/** ot_registry_new: @ports are copied. Returns: (transfer full) */
OtRegistry *ot_registry_new (const OtCallPorts *ports);

/** ot_registry_free: after the record port was closed; live calls are dropped as they are. */
void ot_registry_free (OtRegistry *self);

/**
 * ot_registry_event:
 * @event: an event of PROTOCOL.md section 3 that concerns a call
 *
 * Carries it out, or answers @sender with an `error` and leaves a row in call_events.
 */
void ot_registry_event (OtRegistry *self, const OtSender *sender, const OtIn *event);

/** ot_registry_refuse: answers with an `error` and leaves the row; for what is refused before it
 * reaches a call. */
void ot_registry_refuse (OtRegistry *self,
                         const OtSender *sender,
                         OtCode code,
                         const char *message,
                         const char *original_event,
                         const char *call_id);

/** ot_registry_note_refused: leaves the row alone, for what was answered already. */
void ot_registry_note_refused (OtRegistry *self,
                               const OtSender *sender,
                               OtCode code,
                               const char *original_event,
                               const char *call_id);

/** ot_registry_on_media: an #OtMediaListener; @user_data is the registry. */
void ot_registry_on_media (const OtMediaEvent *event, gpointer user_data);

/** ot_registry_opened / _closed: a connection of a user came or went. */
void ot_registry_opened (OtRegistry *self, const OtSender *sender);
void ot_registry_closed (OtRegistry *self, const OtSender *sender);

/** ot_registry_needs: whether a live call rests on this connection: it holds the call, or no device
 * of its user does yet. Walks through all calls. */
gboolean ot_registry_needs (OtRegistry *self, const OtSender *sender);

/** ot_registry_end: the operator ends a call. Returns: FALSE when there is no such live call here.
 */
gboolean ot_registry_end (OtRegistry *self, const char *call_id);

/** ot_registry_end_of: the operator ends whatever live call the person has here. */
void ot_registry_end_of (OtRegistry *self, const char *user_id);

/** ot_registry_drain: takes no new call from now on; the live ones go on. */
void ot_registry_drain (OtRegistry *self);

/** ot_registry_find: (transfer none) (nullable): a call that is live here. */
OtCall *ot_registry_find (OtRegistry *self, const char *call_id);

/** ot_registry_shut_down: takes no new call from now on and ends the live ones with
 * `server_shutdown`; @fault: with `system_error`. */
void ot_registry_shut_down (OtRegistry *self, gboolean fault);

/** ot_registry_is_quiet: no call is live and nothing is on the way to the database. */
gboolean ot_registry_is_quiet (OtRegistry *self);

/** ot_registry_set_settings: copied; for new calls. Those that live keep the settings that they
 * began with. */
void ot_registry_set_settings (OtRegistry *self, const OtCallSettings *settings);

/** ot_registry_may_record: recording.mode lets calls be recorded. */
gboolean ot_registry_may_record (const OtRegistry *self);

/** ot_registry_is_busy: no call would be taken now, for what the server has seen of itself. */
gboolean ot_registry_is_busy (OtRegistry *self);

/** ot_registry_read_quality: what is known so far of a live call's voices. Returns: FALSE when
 * there is no such live call here, or it has no media yet. */
gboolean
ot_registry_read_quality (OtRegistry *self, const char *call_id, OtQuality quality[OT_N_SIDES]);

/** ot_registry_alive_ids: Returns: (transfer container) (element-type utf8): ids of the calls whose
 * two voices flow; borrowed. */
GPtrArray *ot_registry_alive_ids (OtRegistry *self);

/** OtRegistryFunc: @call: live; for the time of the call. */
typedef void (*OtRegistryFunc) (const OtCall *call, gpointer user_data);

/** ot_registry_foreach_live: in no order; @func may change no call. */
void ot_registry_foreach_live (OtRegistry *self, OtRegistryFunc func, gpointer user_data);

/** ot_registry_n_live: how many calls hold their people. */
guint ot_registry_n_live (OtRegistry *self);

/** ot_registry_n_in_state: how many calls that it still knows are in this state. Walks through all.
 */
guint ot_registry_n_in_state (OtRegistry *self, OtCallState state);

/** ot_registry_get_figures: (transfer none): lives as long as the registry. */
const OtCallFigures *ot_registry_get_figures (const OtRegistry *self);
