#pragma once

#include <gst/gst.h>

#include "leg.h"

/**
 * SECTION:call-pipeline
 *
 * A call as GStreamer sees it: the pipeline that call.launch describes in gst-launch's words, with
 * a leg for each side, by name. People may put their own file in its place without building
 * anything.
 */

/** ot_leg_name: (transfer none): the name of a side's leg: "user" or "otomo". */
const char *ot_leg_name (OtSide side);

/**
 * ot_call_pipeline_read:
 * @dir: (nullable): holds call.launch; NULL: OTOMO_PIPELINES of the environment, else the one that
 * is compiled in
 * @error: OT_MEDIA_ERROR_START, with the file's path
 *
 * Reads the description and tries it once. Lines that begin with # are left out: they are for
 * people.
 *
 * Returns: (transfer full): the description, good for ot_call_pipeline_new(); or NULL with @error
 * set
 */
char *ot_call_pipeline_read (const char *dir, GError **error);

/** OtCallTrouble: @message is for a person; on whichever thread the trouble came up. */
typedef void (*OtCallTrouble) (const char *message, gpointer user_data);

/**
 * ot_call_pipeline_new:
 * @launch: of ot_call_pipeline_read()
 * @call_id: for its name
 * @trouble: called when an element outside of the legs posts an error. What a leg posts is logged:
 *   a leg reports by itself
 * @user_data: for @trouble
 * @destroy: frees @user_data when the pipeline's bus goes, also when NULL is returned
 * @error: OT_MEDIA_ERROR_START
 *
 * Returns: (transfer full): in state NULL; or NULL with @error set
 */
GstElement *ot_call_pipeline_new (const char *launch,
                                  const char *call_id,
                                  OtCallTrouble trouble,
                                  gpointer user_data,
                                  GDestroyNotify destroy,
                                  GError **error);

/** ot_call_pipeline_free: Ends it, with its bus. Legs that were opened must have been closed.
 * Thread: a worker. */
void ot_call_pipeline_free (GstElement *self);

/** ot_call_pipeline_get_leg: (transfer full): the side's leg that stands in the description. */
OtLeg *ot_call_pipeline_get_leg (GstElement *self, OtSide side);

/** ot_call_pipeline_dump: Draws the graph, with the call's id in its name, when
 * GST_DEBUG_DUMP_DOT_DIR is set. */
void ot_call_pipeline_dump (GstElement *self, const char *occasion);
