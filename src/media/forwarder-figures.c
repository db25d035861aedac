/* Shapes and words of the media thread's figures. */

#include "forwarder-figures.h"

void
ot_forwarder_figures_init (OtForwarderFigures *self)
{
  *self = (OtForwarderFigures){ 0 };
  ot_histogram_init (&self->lag_us, &ot_shape_packet_us);
  ot_histogram_init (&self->forward_us, &ot_shape_packet_us);
}

static void
merge (OtCounter *self, const OtCounter *other, guint n)
{
  for (guint i = 0; i < n; i++)
    ot_counter_add (&self[i], ot_counter_get (&other[i]));
}

void
ot_forwarder_figures_merge (OtForwarderFigures *self, const OtForwarderFigures *other)
{
  merge (&self->received, &other->received, 1);
  merge (&self->late, &other->late, 1);
  merge (self->forwarded, other->forwarded, OT_PACKET_N);
  merge (self->dropped, other->dropped, OT_DROP_N);
  ot_histogram_merge (&self->lag_us, &other->lag_us);
  ot_histogram_merge (&self->forward_us, &other->forward_us);
}

const char *
ot_drop_cause_name (guint cause)
{
  static const char *const names[] = {
    [OT_DROP_UNKNOWN] = "unknown_address",
    [OT_DROP_MALFORMED] = "malformed",
    [OT_DROP_UNAUTHENTIC] = "unauthentic",
    [OT_DROP_PAYLOAD_TYPE] = "payload_type",
    [OT_DROP_NO_LISTENER] = "no_listener",
    [OT_DROP_EARLY] = "early",
    [OT_DROP_SOCKET_FULL] = "socket_full",
    [OT_DROP_RECORDER] = "recorder_behind",
    [OT_DROP_FLOOD] = "flood",
    [OT_DROP_BEHIND] = "thread_behind",
  };

  return names[cause];
}

const char *
ot_packet_kind_name (guint kind)
{
  return kind == OT_PACKET_RTP ? "rtp" : "rtcp";
}
