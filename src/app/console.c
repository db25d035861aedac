/* The console's own door: who may come in. What is behind it is the admin API's and pages.c's. */

#include "console.h"

#include <string.h>

#include "listener.h"
#include "log.h"
#include "pages.h"
#include "pass.h"
#include "reply.h"
#include "token.h"

#define PATH "/console"
#define MAX_CONNECTIONS 64
#define LEAST_KEY_LENGTH 32

static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                             "form-action 'none'; frame-ancestors 'none'";

struct _OtConsole {
  OtListener *listener; /* owned */
  const OtClock *clock; /* borrowed */
  char *key;            /* owned */
};

static const char *
find_pass (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *authorization = soup_message_headers_get_one (headers, "Authorization");

  return authorization != NULL && g_ascii_strncasecmp (authorization, "Bearer ", 7) == 0
             ? authorization + 7
             : NULL;
}

static gboolean
admit (SoupServerMessage *message, gpointer user_data)
{
  OtConsole *self = user_data;
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));

  if (!ot_pass_is_good (self->key, find_pass (message), ot_clock_wall_us (self->clock))) {
    soup_message_headers_append (soup_server_message_get_response_headers (message),
                                 "WWW-Authenticate", "Bearer");
    ot_reply_refusal (message, SOUP_STATUS_UNAUTHORIZED,
                      "a pass is needed that has not run out: otomoctl console");
    return FALSE;
  }
  if (soup_server_message_get_method (message) != SOUP_METHOD_GET) {
    g_autofree char *words = ot_log_text (path);

    ot_info ("console: %s %s from %s", soup_server_message_get_method (message), words,
             soup_server_message_get_remote_host (message));
  }
  return TRUE;
}

static char *
load_key (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, "console.key", NULL);
  g_autofree char *key = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    key = ot_token_new ();
    if (!g_file_set_contents_full (path, key, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error))
      return NULL;
  } else if (!g_file_get_contents (path, &key, NULL, error)) {
    return NULL;
  }
  if (strlen (g_strchomp (key)) < LEAST_KEY_LENGTH) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                 "%s: %d characters at least are needed; without the file a new key is made", path,
                 LEAST_KEY_LENGTH);
    return NULL;
  }
  return g_steal_pointer (&key);
}

/* The pass goes in the clear: from another machine, whoever is on the way can read it. */
static void
warn_when_open (const char *address)
{
  g_autoptr (GSocketConnectable) at = g_network_address_parse (address, 0, NULL);
  g_autoptr (GInetAddress) host =
      at != NULL
          ? g_inet_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (at)))
          : NULL;

  if (host != NULL && !g_inet_address_get_is_loopback (host))
    ot_warning ("admin.listen: the console is at %s in plain HTTP, and other machines may reach "
                "it; better 127.0.0.1, and from elsewhere through SSH or a proxy with TLS",
                address);
}

OtConsole *
ot_console_new (OtAdmin *admin, const char *address, const char *state_dir, GError **error)
{
  OtListenerLimits limits = { .max_connections = MAX_CONNECTIONS };
  OtConsole *self = g_new0 (OtConsole, 1);
  SoupServer *http;

  self->clock = admin->clock;
  self->listener = ot_listener_new (&limits, NULL);
  http = ot_listener_get_server (self->listener);
  ot_pages_add (http, PATH, "/otomo/console", policy);
  ot_admin_add_for_console (http, admin, admit, self);
  self->key = load_key (state_dir, error);
  if (self->key != NULL && ot_listener_listen (self->listener, address, error)) {
    warn_when_open (ot_listener_get_address (self->listener));
    return self;
  }
  ot_console_free (self);
  return NULL;
}

void
ot_console_free (OtConsole *self)
{
  ot_listener_free (self->listener);
  g_free (self->key);
  g_free (self);
}

SoupServer *
ot_console_get_http (OtConsole *self)
{
  return ot_listener_get_server (self->listener);
}

void
ot_console_stop (OtConsole *self)
{
  ot_listener_stop (self->listener);
}

char *
ot_console_url (OtConsole *self)
{
  g_autofree char *pass = ot_pass_new (self->key, ot_clock_wall_us (self->clock));

  return g_strdup_printf ("http://%s" PATH "/#pass=%s", ot_listener_get_address (self->listener),
                          pass);
}
