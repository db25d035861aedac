/* Pages, from GResource. */

#include "pages.h"

#include <string.h>

#include "reply.h"

typedef struct {
  const char *path; /* static, as all here */
  const char *resource;
  const char *policy;
} Pages;

static const struct {
  const char *suffix;
  const char *type;
} types[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".svg", "image/svg+xml" },
};

static const char *
type_of (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_suffix (path, types[i].suffix))
      return types[i].type;
  return "application/octet-stream";
}

static void
answer (SoupServerMessage *message, const char *name, GBytes *bytes, const char *policy)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_append (headers, "Content-Security-Policy", policy);
  soup_message_headers_append (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_append (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_append (headers, "Cache-Control", "no-cache");
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, type_of (name), SOUP_MEMORY_COPY,
                                    g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
on_page (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  const Pages *self = user_data;
  const char *rest = path + (g_str_equal (self->path, "/") ? 0 : strlen (self->path));
  g_autofree char *name =
      g_strconcat (self->resource, g_str_equal (rest, "/") ? "/index.html" : rest, NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (!ot_reply_is_read (message))
    return;
  if (*rest == '\0') {
    g_autofree char *folder = g_strconcat (self->path, "/", NULL);

    soup_server_message_set_redirect (message, SOUP_STATUS_MOVED_PERMANENTLY, folder);
    return;
  }
  bytes = g_resources_lookup_data (name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes != NULL)
    answer (message, name, bytes, self->policy);
  else
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
}

void
ot_pages_add (SoupServer *server, const char *path, const char *resource, const char *policy)
{
  Pages *self = g_new (Pages, 1);

  *self = (Pages){ path, resource, policy };
  soup_server_add_handler (server, path, on_page, self, g_free);
}
