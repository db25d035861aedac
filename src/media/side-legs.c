/* The legs of one side of a call. They come and go here and nowhere else, so that none is
 * forgotten. */

#include "side-legs.h"

void
ot_side_legs_init (OtSideLegs *self, GstElement *pipeline, OtSide side)
{
  self->pipeline = pipeline;
  self->side = side;
}

static OtLeg *
make_another (OtSideLegs *self)
{
  g_autofree char *name = g_strdup_printf ("%s-%u", ot_leg_name (self->side), self->n_legs);
  OtLeg *leg = g_object_ref_sink (g_object_new (OT_TYPE_LEG, "name", name, NULL));

  gst_bin_add (GST_BIN (self->pipeline), GST_ELEMENT (leg));
  gst_element_sync_state_with_parent (GST_ELEMENT (leg));
  return leg;
}

OtLeg *
ot_side_legs_make (OtSideLegs *self)
{
  if (self->n_legs == OT_LEGS_MAX)
    return NULL;
  return self->n_legs++ == 0 ? ot_call_pipeline_get_leg (self->pipeline, self->side)
                             : make_another (self);
}

void
ot_side_legs_drop (OtSideLegs *self, OtLeg *leg)
{
  GstObject *bin;

  if (leg == NULL)
    return;
  ot_leg_close (leg);
  bin = gst_object_get_parent (GST_OBJECT (leg));
  gst_element_set_locked_state (GST_ELEMENT (leg), TRUE);
  gst_element_set_state (GST_ELEMENT (leg), GST_STATE_NULL);
  gst_bin_remove (GST_BIN (bin), GST_ELEMENT (leg));
  gst_object_unref (bin);
  gst_object_unref (leg);
}

void
ot_side_legs_drop_offer (OtSideLegs *self)
{
  ot_side_legs_drop (self, g_steal_pointer (&self->offered));
}

void
ot_side_legs_take (OtSideLegs *self, OtLeg *leg)
{
  if (self->next != NULL && !ot_leg_close_unless_up (self->next))
    ot_side_legs_came_up (self, self->next);
  ot_side_legs_drop (self, g_steal_pointer (&self->next));
  if (self->leg != NULL && !ot_leg_close_unless_up (self->leg)) {
    self->next = leg;
    return;
  }
  ot_side_legs_drop (self, g_steal_pointer (&self->leg));
  self->leg = leg;
}

void
ot_side_legs_came_up (OtSideLegs *self, OtLeg *leg)
{
  if (leg != self->next)
    return;
  ot_side_legs_drop (self, g_steal_pointer (&self->leg));
  self->leg = g_steal_pointer (&self->next);
}

void
ot_side_legs_went_down (OtSideLegs *self, OtLeg *leg)
{
  if (leg == self->next)
    ot_side_legs_drop (self, g_steal_pointer (&self->next));
  else if (leg == self->leg)
    ot_side_legs_drop (self, g_steal_pointer (&self->leg));
  else if (leg == self->offered)
    ot_side_legs_drop_offer (self);
}

void
ot_side_legs_clear (OtSideLegs *self)
{
  ot_side_legs_drop (self, g_steal_pointer (&self->offered));
  ot_side_legs_drop (self, g_steal_pointer (&self->next));
  ot_side_legs_drop (self, g_steal_pointer (&self->leg));
}
