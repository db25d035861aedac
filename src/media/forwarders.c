/* Which media thread a call is on. */

#include "forwarders.h"

#include "media-error.h"

typedef struct {
  OtForwarder *forwarder; /* owned */
  guint n_calls;
} Place;

struct _OtForwarders {
  Place places[OT_FORWARDERS_MAX];
  guint n;
};

OtForwarders *
ot_forwarders_new (const OtForwarderOptions *options, guint n, GError **error)
{
  OtForwarders *self = g_new0 (OtForwarders, 1);
  OtForwarderOptions each = *options;

  g_assert (n >= 1 && n <= OT_FORWARDERS_MAX);
  if (options->port != 0 && options->port + n - 1 > G_MAXUINT16) {
    g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START,
                 "media.port: %u media threads have no room above %u", n, options->port);
    ot_forwarders_free (self);
    return NULL;
  }
  for (; self->n < n; self->n++) {
    self->places[self->n].forwarder = ot_forwarder_new (&each, error);
    if (self->places[self->n].forwarder == NULL) {
      ot_forwarders_free (self);
      return NULL;
    }
    each.port += options->port != 0;
  }
  return self;
}

void
ot_forwarders_free (OtForwarders *self)
{
  for (guint i = 0; i < self->n; i++)
    ot_forwarder_free (self->places[i].forwarder);
  g_free (self);
}

OtForwarder *
ot_forwarders_take (OtForwarders *self)
{
  Place *best = &self->places[0];

  for (guint i = 1; i < self->n; i++)
    if (self->places[i].n_calls < best->n_calls)
      best = &self->places[i];
  best->n_calls++;
  return best->forwarder;
}

void
ot_forwarders_give_back (OtForwarders *self, OtForwarder *forwarder)
{
  guint i = 0;

  while (self->places[i].forwarder != forwarder)
    i++;
  g_assert (self->places[i].n_calls > 0);
  self->places[i].n_calls--;
}

OtForwarder *
ot_forwarders_get_first (const OtForwarders *self)
{
  return self->places[0].forwarder;
}

void
ot_forwarders_set_late (OtForwarders *self, gint64 late_us)
{
  for (guint i = 0; i < self->n; i++)
    ot_forwarder_set_late (self->places[i].forwarder, late_us);
}

OtMediaLoad
ot_forwarders_read_load (const OtForwarders *self)
{
  OtMediaLoad load = { 0 };

  for (guint i = 0; i < self->n; i++) {
    const OtForwarderFigures *figures = ot_forwarder_get_figures (self->places[i].forwarder);

    load.n_packets += ot_counter_get (&figures->received);
    load.n_late += ot_counter_get (&figures->late);
  }
  return load;
}

void
ot_forwarders_read_figures (const OtForwarders *self, OtForwarderFigures *figures)
{
  ot_forwarder_figures_init (figures);
  for (guint i = 0; i < self->n; i++)
    ot_forwarder_figures_merge (figures, ot_forwarder_get_figures (self->places[i].forwarder));
}

gboolean
ot_forwarders_are_serving (const OtForwarders *self)
{
  for (guint i = 0; i < self->n; i++)
    if (!ot_forwarder_is_serving (self->places[i].forwarder))
      return FALSE;
  return TRUE;
}
