/* Makes a call's pipeline of text and watches its bus. The bus is not polled: every message is
 * looked at on the thread that posts it, and dropped. */

#include "call-pipeline.h"

#include <string.h>

#include "launch-file.h"
#include "media-error.h"
#include "media-log.h"

typedef struct {
  char *call_id; /* owned */
  OtCallTrouble trouble;
  gpointer user_data;
  GDestroyNotify destroy;
} Watch;

const char *
ot_leg_name (OtSide side)
{
  return side == OT_SIDE_CALLER ? "user" : "otomo";
}

OtLeg *
ot_call_pipeline_get_leg (GstElement *self, OtSide side)
{
  GstElement *found = gst_bin_get_by_name (GST_BIN (self), ot_leg_name (side));

  if (found != NULL && !OT_IS_LEG (found))
    g_clear_pointer (&found, gst_object_unref);
  return found != NULL ? OT_LEG (found) : NULL;
}

static GstElement *
parse (const char *launch, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (launch, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &failure);

  if (pipeline == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s", failure->message);
    return NULL;
  }
  gst_object_ref_sink (pipeline);
  for (guint side = 0; side < OT_N_SIDES; side++) {
    g_autoptr (OtLeg) leg =
        GST_IS_PIPELINE (pipeline) ? ot_call_pipeline_get_leg (pipeline, side) : NULL;

    if (leg != NULL)
      continue;
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "no \"otleg name=%s\" in it",
                 ot_leg_name (side));
    return NULL;
  }
  return g_steal_pointer (&pipeline);
}

char *
ot_call_pipeline_read (const char *dir, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) failure = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autofree char *launch = ot_launch_file_read (dir, "call.launch", &path, &failure);

  if (launch == NULL) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "cannot read the call's pipeline: %s",
                 failure->message);
    return NULL;
  }
  pipeline = parse (launch, &failure);
  if (pipeline != NULL)
    return g_steal_pointer (&launch);
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START, "%s: %s", path, failure->message);
  return NULL;
}

/* ---- the bus ---- */

static GstObject *
find_leg_above (GstObject *source)
{
  GstObject *above = source != NULL ? gst_object_ref (source) : NULL;

  while (above != NULL && !OT_IS_LEG (above)) {
    GstObject *parent = gst_object_get_parent (above);

    gst_object_unref (above);
    above = parent;
  }
  return above;
}

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Watch *watch = user_data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GstObject) leg = find_leg_above (GST_MESSAGE_SRC (message));

    gst_message_parse_error (message, &error, NULL);
    if (leg == NULL)
      watch->trouble (error->message, watch->user_data);
    else
      ot_info_about (OT_ABOUT (.call = watch->call_id), "%s: %s", GST_OBJECT_NAME (leg),
                     error->message);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
watch_free (gpointer data)
{
  Watch *self = data;

  self->destroy (self->user_data);
  g_free (self->call_id);
  g_free (self);
}

static GstBus *
make_bus (const char *call_id, OtCallTrouble trouble, gpointer user_data, GDestroyNotify destroy)
{
  const Watch watch = { g_strdup (call_id), trouble, user_data, destroy };
  GstBus *bus = g_object_new (GST_TYPE_BUS, "enable-async", FALSE, NULL);

  gst_object_ref_sink (bus);
  gst_bus_set_sync_handler (bus, on_message, g_memdup2 (&watch, sizeof watch), watch_free);
  return bus;
}

GstElement *
ot_call_pipeline_new (const char *launch,
                      const char *call_id,
                      OtCallTrouble trouble,
                      gpointer user_data,
                      GDestroyNotify destroy,
                      GError **error)
{
  g_autoptr (GstBus) bus = make_bus (call_id, trouble, user_data, destroy);
  g_autofree char *name = g_strdup_printf ("call-%s", call_id);
  GstElement *pipeline = parse (launch, error);

  if (pipeline == NULL)
    return NULL;
  gst_object_set_name (GST_OBJECT (pipeline), name);
  gst_element_set_bus (pipeline, bus);
  return pipeline;
}

void
ot_call_pipeline_free (GstElement *self)
{
  gst_element_set_state (self, GST_STATE_NULL);
  gst_element_set_bus (self, NULL);
  gst_object_unref (self);
}

void
ot_call_pipeline_dump (GstElement *self, const char *occasion)
{
  const char *call_id = GST_OBJECT_NAME (self) + strlen ("call-");
  g_autofree char *name = g_strdup_printf ("otomo-%s-%s", call_id, occasion);

  GST_DEBUG_BIN_TO_DOT_FILE (GST_BIN (self), GST_DEBUG_GRAPH_SHOW_ALL, name);
}
