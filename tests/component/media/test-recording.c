/* Recordings at the edges of their calls: what was said is in a complete file, whatever ends first.
 * (What is in the files: tests/scenario/test_recording.py.) */

#include <glib/gstdio.h>
#include <gst/app/gstappsrc.h>

#include "archive.h"
#include "clock.h"
#include "fixture.h"
#include "launch-file.h"
#include "media-log.h"
#include "recorder.h"

static void
record (Fixture *f, gint64 age_us)
{
  const OtClock *clock = ot_clock_real ();

  f->port.record (f->port.self, CALL, ot_clock_mono_us (clock) - age_us,
                  ot_clock_wall_us (clock) - age_us);
}

static char *
file_of (Fixture *f, const Seen *seen, const char *suffix)
{
  g_autofree char *name = g_strconcat (seen->text, suffix, NULL);

  return g_build_filename (f->recordings, name, NULL);
}

static void
assert_complete (Fixture *f, const Seen *begun)
{
  g_autofree char *file = file_of (f, begun, "");
  g_autofree char *part = file_of (f, begun, OT_RECORDING_PART);

  g_assert_true (g_file_test (file, G_FILE_TEST_IS_REGULAR));
  g_assert_false (g_file_test (part, G_FILE_TEST_EXISTS));
}

static void
test_on_and_off (Fixture *f, gconstpointer data)
{
  connect_both (f);
  for (guint period = 1; period <= 3; period++) {
    Seen *complete;

    record (f, 0);
    g_assert_true (wait_for_event (f, OT_MEDIA_RECORDING, 2 * period - 1)->recording_on);
    for (guint i = 0; i < 10; i++) {
      say (f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
      say (f->peers[OT_SIDE_CALLEE], f->peers[OT_SIDE_CALLER]);
    }
    f->port.stop_record (f->port.self, CALL);
    g_assert_false (wait_for_event (f, OT_MEDIA_RECORDING, 2 * period)->recording_on);
    complete = wait_for_event (f, OT_MEDIA_FILE, 2 * period);
    g_assert_true (complete->is_whole);
    assert_complete (f, complete);
  }
}

/* The server goes, with a call that is being recorded: nobody is told, but the file is whole. */
static void
test_server_stops (Fixture *f, gconstpointer data)
{
  Seen *begun;

  connect_both (f);
  record (f, 0);
  begun = wait_for_event (f, OT_MEDIA_FILE, 1);
  say (f->peers[OT_SIDE_CALLER], f->peers[OT_SIDE_CALLEE]);
  ot_media_server_free (g_steal_pointer (&f->server));
  assert_complete (f, begun);
}

/* A server was killed, one time while it wrote the file, one time when it had made the whole one of
 * what was left: the first is rescued and reported, of the second only the whole one stays. */
static void
test_left (Fixture *f, gconstpointer data)
{
  static const char left[] = "2026/01/02/030405.678-" CALL OT_RECORDING_SUFFIX;
  g_autofree char *left_file = g_build_filename (f->recordings, left, NULL);
  g_autofree char *left_part = g_strconcat (left_file, OT_RECORDING_PART, NULL);
  g_autofree char *directory = g_path_get_dirname (left_file);
  g_autofree char *whole_file = NULL;
  g_autofree char *whole_part = NULL;
  g_autofree char *content = NULL;
  const Seen *whole;
  const Seen *rescued;
  gsize size;

  record (f, G_USEC_PER_SEC);
  wait_for_event (f, OT_MEDIA_FILE, 1);
  f->port.stop_record (f->port.self, CALL);
  whole = wait_for_event (f, OT_MEDIA_FILE, 2);
  whole_file = file_of (f, whole, "");
  whole_part = file_of (f, whole, OT_RECORDING_PART);
  g_assert_true (g_file_get_contents (whole_file, &content, &size, NULL));
  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (left_part, content, (gssize)size - 100, NULL));
  g_assert_true (g_file_set_contents (whole_part, content, 100, NULL));

  ot_media_server_salvage (f->server);
  rescued = wait_for_event (f, OT_MEDIA_FILE, 3);
  g_assert_cmpstr (rescued->text, ==, left);
  ot_media_server_free (g_steal_pointer (&f->server)); /* waits for the archive */
  assert_complete (f, rescued);
  assert_complete (f, whole);
}

/* ---- a recorder that is in trouble while it is stopped ---- */

/* An appsrc whose first overflow reports an error, and does not return before it is told to. */
typedef GstAppSrc StickySrc;
typedef GstAppSrcClass StickySrcClass;

static GType sticky_src_get_type (void);
G_DEFINE_TYPE (StickySrc, sticky_src, GST_TYPE_APP_SRC)

static struct {
  GMutex lock;
  GCond changed;
  gboolean is_stuck;
  gboolean is_released;
} sticky;

static void
set (gboolean *flag)
{
  g_mutex_lock (&sticky.lock);
  *flag = TRUE;
  g_cond_broadcast (&sticky.changed);
  g_mutex_unlock (&sticky.lock);
}

static void
wait_until (const gboolean *flag)
{
  g_mutex_lock (&sticky.lock);
  while (!*flag)
    g_cond_wait (&sticky.changed, &sticky.lock);
  g_mutex_unlock (&sticky.lock);
}

static void
on_enough_data (GstAppSrc *self)
{
  if (sticky.is_stuck)
    return;
  GST_ELEMENT_ERROR (self, RESOURCE, NO_SPACE_LEFT, ("the disk is full"), (NULL));
  set (&sticky.is_stuck);
  wait_until (&sticky.is_released);
}

static void
sticky_src_class_init (StickySrcClass *klass)
{
  klass->enough_data = on_enough_data;
}

static void
sticky_src_init (StickySrc *self)
{
}

static void
on_trouble (OtRecorder *recorder, const char *message, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
forget (gpointer user_data)
{
}

static gpointer
pump (gpointer recorder)
{
  return GINT_TO_POINTER (
      ot_recorder_pump (recorder, ot_clock_mono_us (ot_clock_real ()) + G_USEC_PER_SEC));
}

/* As record.launch, but the user's source is sticky, and what is parsed goes to @sink. */
static OtRecorder *
make_recorder (Fixture *f, const char *sink, gint64 start_us)
{
  const OtRecorderOptions options = {
    .call_id = CALL, .start_us = start_us, .trouble = on_trouble, .destroy = forget
  };
  g_autofree char *path = NULL;
  g_autofree char *launch = ot_launch_file_read (NULL, "record.launch", &path, NULL);
  g_autoptr (GString) changed = g_string_new (launch);
  g_autoptr (GError) error = NULL;
  OtRecorder *recorder;

  gst_element_register (NULL, "stickysrc", GST_RANK_NONE, sticky_src_get_type ());
  sticky.is_stuck = sticky.is_released = FALSE;
  g_string_replace (changed, "appsrc name=user", "stickysrc name=user max-bytes=1", 1);
  g_string_replace (changed, "opusparse ! muxer.", sink, 0);
  recorder = ot_recorder_new (changed->str, f->recordings, &options, &error);
  g_assert_no_error (error);
  return recorder;
}

/* Who stopped it may be gone: it is told of no trouble afterwards, though the pump was under way.
 */
static void
test_trouble_at_the_end (Fixture *f, gconstpointer data)
{
  gint64 now_us = ot_clock_mono_us (ot_clock_real ());
  OtRecorder *recorder = make_recorder (f, "opusparse ! muxer.", now_us);
  GThread *thread = g_thread_new ("pump", pump, recorder);
  g_autofree char *message = NULL;
  gint64 length_us;

  wait_until (&sticky.is_stuck);
  ot_recorder_stop (recorder, now_us + G_USEC_PER_SEC);
  set (&sticky.is_released);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  ot_recorder_close (recorder, &length_us, &message);
  g_assert_cmpstr (message, ==, "the disk is full");
  ot_recorder_unref (recorder);
}

static void
on_complete (const OtRecording *recording, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
on_gone (const char *path, gpointer user_data)
{
  guint *n_gone = user_data;

  (*n_gone)++;
}

/* A disk that was full from the start: no file is better than an empty one. */
static void
test_nothing_written (Fixture *f, gconstpointer data)
{
  static const OtArchiveListener listener = { on_complete, on_gone };
  gint64 now_us = ot_clock_mono_us (ot_clock_real ());
  OtRecorder *recorder = make_recorder (f, "fakesink async=false", now_us);
  g_autofree char *part_path = g_strdup (ot_recorder_get_part_path (recorder));
  guint n_gone = 0;
  OtArchive *archive = ot_archive_new (f->recordings, &listener, &n_gone);

  sticky.is_released = TRUE;
  ot_recorder_stop (recorder, now_us + G_USEC_PER_SEC);
  g_assert_false (ot_recorder_pump (recorder, now_us + G_USEC_PER_SEC));
  ot_archive_finish (archive, recorder);
  ot_recorder_unref (recorder);
  ot_archive_free (archive);
  g_assert_cmpuint (n_gone, ==, 1);
  g_assert_false (g_file_test (part_path, G_FILE_TEST_EXISTS));
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up_recording, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ot_media_install_log ();
  add ("/recording/on-and-off", test_on_and_off);
  add ("/recording/server-stops", test_server_stops);
  add ("/recording/left", test_left);
  add ("/recording/trouble-at-the-end", test_trouble_at_the_end);
  add ("/recording/nothing-written", test_nothing_written);
  return g_test_run ();
}
