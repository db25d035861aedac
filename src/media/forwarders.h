#pragma once

#include "forwarder.h"

/**
 * OtForwarders:
 *
 * The media threads of the process, each with a port of its own. A call lives on one of them from
 * its beginning to its end: the one that has the fewest calls when it begins.
 *
 * Thread: main loop.
 */
typedef struct _OtForwarders OtForwarders;

#define OT_FORWARDERS_MAX 64

/**
 * ot_forwarders_new:
 * @options: of the first; the others have the ports after it, or any free ones when it has
 * @n: how many, 1 to OT_FORWARDERS_MAX
 * @error: OT_MEDIA_ERROR_START
 *
 * Returns: (transfer full): or NULL with @error set
 */
OtForwarders *ot_forwarders_new (const OtForwarderOptions *options, guint n, GError **error);

/** ot_forwarders_free: ot_forwarder_free() for all. */
void ot_forwarders_free (OtForwarders *self);

/** ot_forwarders_take: (transfer none): one for a call more. */
OtForwarder *ot_forwarders_take (OtForwarders *self);

/** ot_forwarders_give_back: that call is over. */
void ot_forwarders_give_back (OtForwarders *self, OtForwarder *forwarder);

/** ot_forwarders_get_first: (transfer none) */
OtForwarder *ot_forwarders_get_first (const OtForwarders *self);

/** ot_forwarders_set_late: ot_forwarder_set_late() for all. */
void ot_forwarders_set_late (OtForwarders *self, gint64 late_us);

/** ot_forwarders_read_load: of all together. Never waits. */
OtMediaLoad ot_forwarders_read_load (const OtForwarders *self);

/** ot_forwarders_read_figures: the same of all that they count; @figures: (out). */
void ot_forwarders_read_figures (const OtForwarders *self, OtForwarderFigures *figures);

/** ot_forwarders_are_serving: whether every one turns. */
gboolean ot_forwarders_are_serving (const OtForwarders *self);
