/* The directory of a private PostgreSQL. Owns its lock; starts and stops nothing. */

#include "cluster-home.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLDEST_MAJOR 15

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, OT_STORE_ERROR, OT_STORE_ERROR_CLUSTER, text);
  return FALSE;
}

/* ---- whose ---- */

static gboolean
find_owner (OtClusterHome *self, GError **error)
{
  const struct passwd *entry;

  self->uid = geteuid ();
  self->gid = getegid ();
  if (self->uid != 0)
    return TRUE;
  entry = getpwnam ("postgres");
  if (entry == NULL)
    return fail (error,
                 "PostgreSQL doesn't run as root, and there is no user \"postgres\" to run it as");
  self->uid = entry->pw_uid;
  self->gid = entry->pw_gid;
  return TRUE;
}

static gboolean
open_directory (OtClusterHome *self, GError **error)
{
  struct stat about;

  if (g_mkdir (self->directory, 0700) < 0 && errno != EEXIST)
    return fail (error, "can't make %s: %s", self->directory, g_strerror (errno));
  self->fd = open (self->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &about) < 0)
    return fail (error, "can't open %s: %s", self->directory, g_strerror (errno));
  if (about.st_uid != self->uid && fchown (self->fd, self->uid, self->gid) < 0)
    return fail (error, "%s belongs to user %u, not to %u who would run PostgreSQL there",
                 self->directory, (guint)about.st_uid, (guint)self->uid);
  if (fchmod (self->fd, 0700) < 0)
    return fail (error, "can't close %s to others: %s", self->directory, g_strerror (errno));
  return TRUE;
}

static gboolean
take_lock (OtClusterHome *self, GError **error)
{
  self->lock_fd = openat (self->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock_fd < 0)
    return fail (error, "can't write to %s: %s", self->directory, g_strerror (errno));
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) < 0)
    return fail (error, "another server uses %s", self->directory);
  return TRUE;
}

/* ---- which program ---- */

/* Debian keeps each major version in a folder of its own. Returns: (transfer full) (nullable) */
static char *
find_debian_programs (int wanted_major)
{
  static const char root[] = "/usr/lib/postgresql";
  g_autoptr (GDir) versions = g_dir_open (root, 0, NULL);
  g_autofree char *best = NULL;
  int best_major = 0;
  const char *name;

  while (versions != NULL && (name = g_dir_read_name (versions)) != NULL) {
    g_autofree char *initdb = g_build_filename (root, name, "bin", "initdb", NULL);
    int major = (int)g_ascii_strtoll (name, NULL, 10);

    if (major < OLDEST_MAJOR || major <= best_major || (wanted_major != 0 && major != wanted_major)
        || !g_file_test (initdb, G_FILE_TEST_IS_EXECUTABLE))
      continue;
    g_free (best);
    best = g_path_get_dirname (initdb);
    best_major = major;
  }
  return g_steal_pointer (&best);
}

static char *
find_path_programs (void)
{
  g_autofree char *initdb = g_find_program_in_path ("initdb");

  return initdb != NULL ? g_path_get_dirname (initdb) : NULL;
}

static gboolean
find_programs (OtClusterHome *self, GError **error)
{
  g_autofree char *version_file = g_build_filename (self->data, "PG_VERSION", NULL);
  g_autofree char *version = NULL;
  int major = 0;

  if (g_file_get_contents (version_file, &version, NULL, NULL))
    major = (int)g_ascii_strtoll (version, NULL, 10);
  self->programs = find_debian_programs (major);
  if (self->programs == NULL)
    self->programs = find_path_programs ();
  if (self->programs == NULL && major != 0)
    return fail (error, "%s was made by PostgreSQL %d, which is not installed", self->data, major);
  if (self->programs == NULL)
    return fail (
        error,
        "PostgreSQL %d or newer is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH",
        OLDEST_MAJOR);
  return TRUE;
}

/* ---- who runs in it ---- */

/* Line @index of postmaster.pid; PostgreSQL writes: 0 pid, … 7 status. Returns: (transfer full)
 * (nullable) */
static char *
read_pid_file (const OtClusterHome *self, guint index)
{
  g_autofree char *path = g_build_filename (self->data, "postmaster.pid", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  return index < g_strv_length (lines) ? g_strdup (lines[index]) : NULL;
}

/* The file may be older than the last boot, and its number somebody else's by now: PostgreSQL sits
 * in its directory. */
static gboolean
sits_in_data (const OtClusterHome *self, pid_t pid)
{
  g_autofree char *link = g_strdup_printf ("/proc/%d/cwd", (int)pid);
  struct stat there, data;

  return stat (link, &there) == 0 && stat (self->data, &data) == 0 && there.st_dev == data.st_dev
         && there.st_ino == data.st_ino;
}

pid_t
ot_cluster_home_running_pid (const OtClusterHome *self)
{
  g_autofree char *line = read_pid_file (self, 0);
  gint64 pid = line != NULL ? g_ascii_strtoll (line, NULL, 10) : 0;

  return pid > 1 && pid <= G_MAXINT && sits_in_data (self, (pid_t)pid) ? (pid_t)pid : 0;
}

void
ot_cluster_home_sweep (const OtClusterHome *self)
{
  g_return_if_fail (ot_cluster_home_running_pid (self) == 0);
  unlinkat (self->fd, "data/postmaster.pid", 0);
  unlinkat (self->fd, ".s.PGSQL.5432.lock", 0);
}

gboolean
ot_cluster_home_is_ready (const OtClusterHome *self, pid_t pid)
{
  g_autofree char *line = read_pid_file (self, 0);
  g_autofree char *status = read_pid_file (self, 7);

  return line != NULL && status != NULL && g_ascii_strtoll (line, NULL, 10) == pid
         && g_str_has_prefix (status, "ready");
}

gboolean
ot_cluster_home_is_made (const OtClusterHome *self)
{
  return g_file_test (self->data, G_FILE_TEST_IS_DIR);
}

/* ---- life ---- */

void
ot_cluster_home_init (OtClusterHome *self, const char *directory)
{
  self->directory = g_canonicalize_filename (directory, NULL);
  self->data = g_build_filename (self->directory, "data", NULL);
  self->fresh = g_build_filename (self->directory, "data.new", NULL);
  self->fd = -1;
  self->lock_fd = -1;
}

gboolean
ot_cluster_home_open (OtClusterHome *self, GError **error)
{
  return find_owner (self, error) && open_directory (self, error) && take_lock (self, error)
         && find_programs (self, error);
}

void
ot_cluster_home_clear (OtClusterHome *self)
{
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->directory);
  g_free (self->data);
  g_free (self->fresh);
  g_free (self->programs);
}
