/* A queue and the one main loop source that empties it. */

#include "media-bus.h"

typedef struct {
  OtMediaEvent event; /* its strings are owned here */
  gpointer origin;    /* owned */
  GDestroyNotify release;
} Letter;

typedef struct {
  GSource source;
  OtMediaBus *bus; /* borrowed */
} BusSource;

struct _OtMediaBus {
  OtMediaBusFunc deliver;
  gpointer user_data;
  GSource *source; /* owned */
  GMutex lock;
  GQueue letters; /* guarded by lock: of Letter */
};

static void
letter_free (gpointer data)
{
  Letter *self = data;

  g_free ((char *)self->event.call_id);
  g_free ((char *)self->event.sdp);
  g_free ((char *)self->event.message);
  g_free ((char *)self->event.candidate.candidate);
  g_free ((char *)self->event.candidate.sdp_mid);
  g_free ((char *)self->event.recording.path);
  g_free ((char *)self->event.recording.call_id);
  g_free ((char *)self->event.recording.sha256);
  g_free ((char *)self->event.recording.message);
  if (self->origin != NULL)
    self->release (self->origin);
  g_free (self);
}

static Letter *
take_letter (OtMediaBus *self)
{
  Letter *letter;

  g_mutex_lock (&self->lock);
  letter = g_queue_pop_head (&self->letters);
  if (g_queue_is_empty (&self->letters))
    g_source_set_ready_time (self->source, -1);
  g_mutex_unlock (&self->lock);
  return letter;
}

/* One a turn of the loop: others have their turn between, and the deliverer may free the bus. */
static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  OtMediaBus *self = ((BusSource *)source)->bus;
  Letter *letter = take_letter (self);

  if (letter == NULL)
    return G_SOURCE_CONTINUE;
  self->deliver (&letter->event, letter->origin, self->user_data);
  letter_free (letter);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs bus_funcs = { .dispatch = dispatch };

OtMediaBus *
ot_media_bus_new (OtMediaBusFunc deliver, gpointer user_data)
{
  OtMediaBus *self = g_new0 (OtMediaBus, 1);

  self->deliver = deliver;
  self->user_data = user_data;
  g_mutex_init (&self->lock);
  g_queue_init (&self->letters);
  self->source = g_source_new (&bus_funcs, sizeof (BusSource));
  ((BusSource *)self->source)->bus = self;
  g_source_set_static_name (self->source, "otomo-media");
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

void
ot_media_bus_free (OtMediaBus *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_queue_clear_full (&self->letters, letter_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
ot_media_bus_post (OtMediaBus *self,
                   const OtMediaEvent *event,
                   gpointer origin,
                   GDestroyNotify release)
{
  Letter *letter = g_new0 (Letter, 1);

  letter->event = *event;
  letter->event.call_id = g_strdup (event->call_id);
  letter->event.sdp = g_strdup (event->sdp);
  letter->event.message = g_strdup (event->message);
  letter->event.candidate.candidate = g_strdup (event->candidate.candidate);
  letter->event.candidate.sdp_mid = g_strdup (event->candidate.sdp_mid);
  letter->event.recording.path = g_strdup (event->recording.path);
  letter->event.recording.call_id = g_strdup (event->recording.call_id);
  letter->event.recording.sha256 = g_strdup (event->recording.sha256);
  letter->event.recording.message = g_strdup (event->recording.message);
  letter->origin = origin;
  letter->release = release;
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->letters, letter);
  g_source_set_ready_time (self->source, 0);
  g_mutex_unlock (&self->lock);
}
