/* Files of recordings, one job after the other. A name without .part is a promise: such a file is
 * complete, on disk, and never written again. */

#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "media-log.h"
#include "rescue.h"
#include "track-length.h"

#define READ_BYTES (256 * 1024)
#define DEPTH 4        /* YYYY/MM/DD/file */
#define RESCUED ".new" /* what is being made of a file that was left */

typedef enum { FINISH, SALVAGE, CHECK, DELETE } JobKind;

typedef struct {
  JobKind kind;
  OtRecorder *recorder; /* FINISH: owned */
  char *path;           /* CHECK, DELETE: owned */
} Job;

struct _OtArchive {
  char *dir;
  OtArchiveListener listener;
  gpointer user_data;
  GThreadPool *thread;
  atomic_uint n_jobs;
};

/* ---- a file ---- */

static gboolean
sync_and_close (int fd)
{
  gboolean done = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return done;
}

/* Also the name, which is the directory's. */
static gboolean
rename_durably (const char *from, const char *to)
{
  g_autofree char *directory = g_path_get_dirname (to);

  return sync_and_close (open (from, O_RDONLY | O_CLOEXEC)) && rename (from, to) == 0
         && sync_and_close (open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Returns: (transfer full) (nullable): 64 digits. */
static char *
hash (const char *path, gint64 *bytes)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (READ_BYTES);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n = -1;

  *bytes = 0;
  while (fd >= 0 && (n = read (fd, buffer, READ_BYTES)) > 0) {
    g_checksum_update (checksum, buffer, n);
    *bytes += n;
  }
  if (fd >= 0)
    close (fd);
  return n == 0 ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

/* @part_path: (nullable): it has its own name already */
static void
complete (OtArchive *self, const char *part_path, OtRecording *recording)
{
  g_autofree char *path = g_build_filename (self->dir, recording->path, NULL);
  g_autofree char *sha256 = NULL;

  if ((part_path != NULL && !rename_durably (part_path, path))
      || (sha256 = hash (path, &recording->bytes)) == NULL) {
    ot_warning_about (OT_ABOUT (.call = recording->call_id), "recording %s can't be completed: %s",
                      recording->path, g_strerror (errno));
    return;
  }
  recording->sha256 = sha256;
  ot_info_about (OT_ABOUT (.call = recording->call_id),
                 "recording %s: %" G_GINT64_FORMAT " ms, %" G_GINT64_FORMAT " bytes",
                 recording->path, recording->length_us / 1000, recording->bytes);
  self->listener.complete (recording, self->user_data);
}

static void
discard (OtArchive *self, const char *file, const OtRecording *recording)
{
  ot_info_about (OT_ABOUT (.call = recording->call_id), "recording %s has nothing in it",
                 recording->path);
  unlink (file);
  self->listener.gone (recording->path, self->user_data);
}

static void
finish (OtArchive *self, OtRecorder *recorder)
{
  const char *part_path = ot_recorder_get_part_path (recorder);
  OtRecording recording = ot_recorder_describe (recorder);
  g_autofree char *message = NULL;
  GStatBuf state;

  ot_recorder_close (recorder, &recording.length_us, &message);
  recording.message = message;
  if (g_stat (part_path, &state) == 0 && state.st_size == 0)
    discard (self, part_path, &recording);
  else
    complete (self, part_path, &recording);
}

/* ---- what a killed server left ---- */

/* The path says all: YYYY/MM/DD/HHMMSS.mmm-CALL.mka. */
static gboolean
read_path (OtRecording *recording, char **call_id)
{
  int year, month, day, hour, minute, second, millisecond, at = 0;
  g_autoptr (GDateTime) started = NULL;

  if (sscanf (recording->path, "%4d/%2d/%2d/%2d%2d%2d.%3d-%n", &year, &month, &day, &hour, &minute,
              &second, &millisecond, &at)
          != 7
      || at == 0)
    return FALSE;
  started = g_date_time_new_utc (year, month, day, hour, minute, second);
  if (started == NULL)
    return FALSE;
  recording->started_us =
      g_date_time_to_unix (started) * G_USEC_PER_SEC + millisecond * G_TIME_SPAN_MILLISECOND;
  *call_id = g_strndup (recording->path + at,
                        strlen (recording->path) - (gsize)at - strlen (OT_RECORDING_SUFFIX));
  return TRUE;
}

/* Its rest is complete, but has neither title nor index: that is written once more beside it, where
 * there is room for it. */
static void
complete_part (OtArchive *self, const char *part_path, OtRecording *recording)
{
  g_autofree char *rescued = g_strconcat (part_path, RESCUED, NULL);
  g_autoptr (GError) error = NULL;

  if (ot_rescue (recording, part_path, rescued, &error)) {
    complete (self, rescued, recording);
    unlink (part_path);
    return;
  }
  ot_warning_about (OT_ABOUT (.call = recording->call_id),
                    "recording %s stays as it was left, without a title: %s", recording->path,
                    error->message);
  unlink (rescued);
  complete (self, part_path, recording);
}

/* @part_path: (nullable): where it is, if not at its own place */
static void
complete_left (OtArchive *self, const char *path, const char *part_path)
{
  g_autofree char *own_path = g_build_filename (self->dir, path, NULL);
  const char *file = part_path != NULL ? part_path : own_path;
  g_autofree char *call_id = NULL;
  OtRecording recording = { .path = path, .message = "the server was killed" };

  if (!read_path (&recording, &call_id)) {
    ot_warning ("%s is no recording of ours and stays as it is", own_path);
    return;
  }
  recording.call_id = call_id;
  if (!ot_track_length (file, &recording.length_us))
    discard (self, file, &recording);
  else if (part_path != NULL)
    complete_part (self, part_path, &recording);
  else
    complete (self, NULL, &recording);
}

/* Returns: a descriptor that holds the file's lock; -1: this server, or another one that lives,
 * writes or salvages it. */
static int
claim (const char *part_path)
{
  int fd = open (part_path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Where there are both, the complete one was made of the other. */
static void
salvage_file (OtArchive *self, const char *part)
{
  g_autofree char *path = g_strndup (part, strlen (part) - strlen (OT_RECORDING_PART));
  g_autofree char *own_path = g_build_filename (self->dir, path, NULL);
  g_autofree char *part_path = g_build_filename (self->dir, part, NULL);
  int fd = claim (part_path);

  if (fd < 0)
    return;
  if (access (own_path, F_OK) != 0)
    complete_left (self, path, part_path);
  else
    unlink (part_path);
  close (fd);
}

/* @below: (nullable) */
static void
salvage (OtArchive *self, const char *below, guint depth)
{
  g_autofree char *directory = g_build_filename (self->dir, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = below != NULL ? g_build_filename (below, name, NULL) : g_strdup (name);

    if (depth < DEPTH)
      salvage (self, path, depth + 1);
    else if (g_str_has_suffix (name, OT_RECORDING_SUFFIX OT_RECORDING_PART))
      salvage_file (self, path);
  }
}

static void
check_file (OtArchive *self, const char *path)
{
  g_autofree char *own_path = g_build_filename (self->dir, path, NULL);
  g_autofree char *part_path = g_strconcat (own_path, OT_RECORDING_PART, NULL);

  if (access (own_path, F_OK) == 0)
    complete_left (self, path, NULL);
  else if (access (part_path, F_OK) != 0)
    self->listener.gone (path, self->user_data);
}

static void
delete_file (OtArchive *self, const char *path)
{
  g_autofree char *absolute = g_build_filename (self->dir, path, NULL);

  if (unlink (absolute) != 0 && errno != ENOENT) {
    ot_warning ("recording %s can't be deleted: %s", path, g_strerror (errno));
    return;
  }
  self->listener.gone (path, self->user_data);
}

/* ---- the thread ---- */

static void
work (gpointer data, gpointer user_data)
{
  OtArchive *self = user_data;
  Job *job = data;

  switch (job->kind) {
  case FINISH:
    finish (self, job->recorder);
    ot_recorder_unref (job->recorder);
    break;
  case SALVAGE:
    salvage (self, NULL, 1);
    break;
  case CHECK:
    check_file (self, job->path);
    break;
  case DELETE:
    delete_file (self, job->path);
    break;
  }
  g_free (job->path);
  g_free (job);
  atomic_fetch_sub (&self->n_jobs, 1);
}

static void
push (OtArchive *self, const Job *job)
{
  atomic_fetch_add (&self->n_jobs, 1);
  g_thread_pool_push (self->thread, g_memdup2 (job, sizeof *job), NULL);
}

OtArchive *
ot_archive_new (const char *dir, const OtArchiveListener *listener, gpointer user_data)
{
  OtArchive *self = g_new0 (OtArchive, 1);

  self->dir = g_strdup (dir);
  self->listener = *listener;
  self->user_data = user_data;
  self->thread = g_thread_pool_new (work, self, 1, TRUE, NULL);
  return self;
}

void
ot_archive_free (OtArchive *self)
{
  g_thread_pool_free (self->thread, FALSE, TRUE);
  g_free (self->dir);
  g_free (self);
}

const char *
ot_archive_get_dir (const OtArchive *self)
{
  return self->dir;
}

void
ot_archive_finish (OtArchive *self, OtRecorder *recorder)
{
  push (self, &(Job){ .kind = FINISH, .recorder = ot_recorder_ref (recorder) });
}

void
ot_archive_salvage (OtArchive *self)
{
  push (self, &(Job){ .kind = SALVAGE });
}

void
ot_archive_check (OtArchive *self, const char *path)
{
  push (self, &(Job){ .kind = CHECK, .path = g_strdup (path) });
}

void
ot_archive_delete (OtArchive *self, const char *path)
{
  push (self, &(Job){ .kind = DELETE, .path = g_strdup (path) });
}

gboolean
ot_archive_is_idle (OtArchive *self)
{
  return atomic_load (&self->n_jobs) == 0;
}
