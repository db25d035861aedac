#pragma once

#include <glib.h>

#include "forwarder-figures.h"
#include "media-port.h"

/**
 * OtMediaServer:
 *
 * All media of the process: threads that forward voice, each with a UDP port, one that does
 * handshakes, a few workers that set up and tear down, and the calls. Implements #OtMediaPort. The
 * direct path: webrtcbin does SDP and DTLS, the media thread everything else (docs/ARCHITECTURE.md,
 * "The way of a packet").
 */
typedef struct _OtMediaServer OtMediaServer;

/** OtMediaOptions: all borrowed, read before ot_media_server_new() returns. Zero and NULL are the
 * defaults. */
typedef struct {
  const char *address;      /* announced to clients: IPv4 and IPv6 addresses in digits, separated by
                               spaces, the preferred one first; NULL: 127.0.0.1 */
  const char *bind_address; /* where to listen, one of each family at most; NULL: of each family
                               that is announced the loopback address, if all of it are, else any */
  guint16 port;             /* UDP, of the first thread; 0: any free ones */
  guint n_threads;          /* 0: 1 */
  const char *pipelines_dir;  /* holds call.launch and record.launch; NULL: OTOMO_PIPELINES of the
                                 environment, else as  built in */
  const char *recordings_dir; /* where recordings live; NULL: in the working directory */
  gint64 late_us;             /* a datagram that waited longer for its thread is late; 0: none is */
  gint64 consent_us;          /* a client that sends no ICE check for so long is gone; 0: 30 s */
  guint n_prepared;           /* calls whose media is made ready ahead */
  int dtls_days;              /* how long the certificate of this start is valid; 0: 30 */
} OtMediaOptions;

/**
 * ot_media_server_new:
 * @options: see there
 * @listener: gets every event, on the calling thread's main loop
 * @user_data: for @listener
 * @error: OT_MEDIA_ERROR_START: one line for a person: what is missing, unreadable, in use
 *
 * Checks plugins and pipeline, and sets up and drops one leg, so that the first call is as quick as
 * the second: takes up to a second. Installs the log (media-log.h).
 *
 * Returns: (transfer full): serving; or NULL with @error set
 * Thread: main, before its loop runs.
 */
OtMediaServer *ot_media_server_new (const OtMediaOptions *options,
                                    OtMediaListener listener,
                                    gpointer user_data,
                                    GError **error);

/** ot_media_server_free: Closes all calls and joins all threads. No event comes afterwards. Thread:
 * main loop. */
void ot_media_server_free (OtMediaServer *self);

/** ot_media_server_port: what calls use; valid as long as the server. Thread: main loop, as
 * everything in it. */
OtMediaPort ot_media_server_port (OtMediaServer *self);

/** ot_media_server_salvage: completes the recordings that a killed server left, soon: OT_MEDIA_FILE
 * for each. Thread: main loop. */
void ot_media_server_salvage (OtMediaServer *self);

/** ot_media_server_check_recording: OT_MEDIA_FILE for what is complete, OT_MEDIA_FILE_GONE for what
 * is not there. Thread: main loop. */
void ot_media_server_check_recording (OtMediaServer *self, const char *path);

/** ot_media_server_delete_recording: OT_MEDIA_FILE_GONE follows when it is gone, or was not there.
 * Thread: main loop. */
void ot_media_server_delete_recording (OtMediaServer *self, const char *path);

/** ot_media_server_is_quiet: no recording is being written or completed. Thread: main loop. */
gboolean ot_media_server_is_quiet (OtMediaServer *self);

/** ot_media_server_set_late: as the option late_us, from now on. Thread: main loop. */
void ot_media_server_set_late (OtMediaServer *self, gint64 late_us);

/** ot_media_server_is_serving: whether every media thread turns. Thread: any. */
gboolean ot_media_server_is_serving (const OtMediaServer *self);

/** ot_media_server_read_figures: of all media threads together; @figures: (out). Thread: any. */
void ot_media_server_read_figures (const OtMediaServer *self, OtForwarderFigures *figures);

/** ot_media_server_n_recordings: how many files are being written. Thread: any. */
guint ot_media_server_n_recordings (OtMediaServer *self);

/** OT_MEDIA_CALLS_MAX: further calls get OT_MEDIA_FAILED. */
#define OT_MEDIA_CALLS_MAX 4096

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtMediaServer, ot_media_server_free)
