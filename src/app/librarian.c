/* Keeps the table of recordings true. Decides nothing but when to look for old ones. */

#include "librarian.h"

#include "log.h"
#include "recordings.h"
#include "timer.h"

#define SWEEP_INTERVAL_US G_TIME_SPAN_HOUR
#define SWEEP_AGAIN_US G_TIME_SPAN_MINUTE /* when there was more than one sweep's worth */
#define SWEEP_MAX 500

struct _OtLibrarian {
  OtStore *store;
  OtMediaServer *media;
  char *directory;
  int keep_days;
  const OtClock *clock;
  OtLibrarianFigures figures;
  OtTimer sweep;
  GCancellable *gone; /* cancelled: a late answer finds nobody */
};

static void sweep (gpointer user_data);

static void
sweep_in (OtLibrarian *self, gint64 pause_us)
{
  if (self->keep_days == 0)
    ot_timer_cancel (&self->sweep);
  else
    ot_timer_arm (&self->sweep, ot_clock_mono_us (self->clock) + pause_us, sweep, self);
}

typedef struct {
  OtLibrarian *librarian; /* borrowed; not there any more when gone is cancelled */
  GCancellable *gone;     /* owned */
} Question;

static Question *
question_new (OtLibrarian *self)
{
  Question *question = g_new0 (Question, 1);

  question->librarian = self;
  question->gone = g_object_ref (self->gone);
  return question;
}

/* Returns: (transfer full) (nullable): NULL: no answer; @self: (out): NULL: nobody waits for it. */
static GPtrArray *
take_paths (GObject *source, GAsyncResult *result, Question *question, OtLibrarian **self)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *paths = ot_store_recording_paths_finish (OT_STORE (source), result, &error);

  *self = g_cancellable_is_cancelled (question->gone) ? NULL : question->librarian;
  g_object_unref (question->gone);
  g_free (question);
  if (paths == NULL)
    ot_debug ("recordings: %s", error->message);
  return paths;
}

static void
on_expired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtLibrarian *self;
  g_autoptr (GPtrArray) paths = take_paths (source, result, user_data, &self);
  guint n = paths != NULL ? paths->len : 0;

  if (self == NULL)
    return;
  for (guint i = 0; i < n; i++)
    ot_media_server_delete_recording (self->media, g_ptr_array_index (paths, i));
  if (n > 0)
    ot_info ("%u recordings are older than %d days and are deleted", n, self->keep_days);
  sweep_in (self, n == SWEEP_MAX ? SWEEP_AGAIN_US : SWEEP_INTERVAL_US);
}

static void
sweep (gpointer user_data)
{
  OtLibrarian *self = user_data;

  ot_store_expired_recordings_async (self->store, self->keep_days, SWEEP_MAX, on_expired,
                                     question_new (self));
}

static void
on_unfinished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OtLibrarian *self;
  g_autoptr (GPtrArray) paths = take_paths (source, result, user_data, &self);

  for (guint i = 0; self != NULL && paths != NULL && i < paths->len; i++)
    ot_media_server_check_recording (self->media, g_ptr_array_index (paths, i));
}

OtLibrarian *
ot_librarian_new (OtStore *store,
                  OtMediaServer *media,
                  const char *directory,
                  int keep_days,
                  const OtClock *clock)
{
  OtLibrarian *self = g_new0 (OtLibrarian, 1);

  self->store = store;
  self->media = media;
  self->directory = g_strdup (directory);
  self->clock = clock;
  self->gone = g_cancellable_new ();
  ot_media_server_salvage (media);
  ot_store_unfinished_recordings_async (store, on_unfinished, question_new (self));
  ot_librarian_set_keep_days (self, keep_days);
  return self;
}

void
ot_librarian_set_keep_days (OtLibrarian *self, int keep_days)
{
  if (keep_days == self->keep_days)
    return;
  self->keep_days = keep_days;
  sweep_in (self, 0);
}

void
ot_librarian_free (OtLibrarian *self)
{
  if (self == NULL)
    return;
  ot_timer_cancel (&self->sweep);
  g_cancellable_cancel (self->gone);
  g_object_unref (self->gone);
  g_free (self->directory);
  g_free (self);
}

const char *
ot_librarian_get_directory (const OtLibrarian *self)
{
  return self->directory;
}

void
ot_librarian_on_media (OtLibrarian *self, const OtMediaEvent *event)
{
  OtLibrarianEvent what = event->type == OT_MEDIA_FILE_GONE ? OT_LIBRARIAN_GONE
                          : event->recording.sha256 != NULL ? OT_LIBRARIAN_COMPLETE
                                                            : OT_LIBRARIAN_BEGUN;

  ot_counter_add (&self->figures.files[what], 1);
  if (event->type == OT_MEDIA_FILE_GONE)
    ot_store_note_recording_gone (self->store, event->recording.path);
  else
    ot_store_note_recording (self->store, &event->recording);
}

const char *
ot_librarian_event_name (guint event)
{
  static const char *const names[] = { [OT_LIBRARIAN_BEGUN] = "begun",
                                       [OT_LIBRARIAN_COMPLETE] = "complete",
                                       [OT_LIBRARIAN_GONE] = "gone" };

  return names[event];
}

const OtLibrarianFigures *
ot_librarian_get_figures (const OtLibrarian *self)
{
  return &self->figures;
}
