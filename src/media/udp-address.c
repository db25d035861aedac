/* An address of either family as one value, usable as a hash key. Pure. */

#include "udp-address.h"

#include <arpa/inet.h>
#include <string.h>

gboolean
ot_address_parse (OtAddress *out, const char *host, guint16 port)
{
  memset (out, 0, sizeof *out);
  if (inet_pton (AF_INET, host, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = g_htons (port);
    return TRUE;
  }
  memset (out, 0, sizeof *out);
  if (inet_pton (AF_INET6, host, &out->v6.sin6_addr) == 1) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = g_htons (port);
    return TRUE;
  }
  memset (out, 0, sizeof *out);
  return FALSE;
}

char *
ot_address_to_string (const OtAddress *self)
{
  char text[INET6_ADDRSTRLEN] = "none";
  gsize size;
  const guint8 *bytes = ot_address_get_bytes (self, &size);

  if (size > 0)
    inet_ntop (self->any.sa_family, bytes, text, sizeof text);
  return g_strdup (text);
}

guint16
ot_address_get_port (const OtAddress *self)
{
  return g_ntohs (self->any.sa_family == AF_INET6 ? self->v6.sin6_port : self->v4.sin_port);
}

void
ot_address_set_port (OtAddress *self, guint16 port)
{
  if (self->any.sa_family == AF_INET6)
    self->v6.sin6_port = g_htons (port);
  else
    self->v4.sin_port = g_htons (port);
}

socklen_t
ot_address_get_size (const OtAddress *self)
{
  return self->any.sa_family == AF_INET6 ? sizeof self->v6 : sizeof self->v4;
}

const guint8 *
ot_address_get_bytes (const OtAddress *self, gsize *size)
{
  if (self->any.sa_family == AF_INET6) {
    *size = sizeof self->v6.sin6_addr;
    return (const guint8 *)&self->v6.sin6_addr;
  }
  *size = self->any.sa_family == AF_INET ? sizeof self->v4.sin_addr : 0;
  return (const guint8 *)&self->v4.sin_addr;
}

gboolean
ot_address_is_loopback (const OtAddress *self)
{
  if (self->any.sa_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK (&self->v6.sin6_addr);
  return (g_ntohl (self->v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
}

guint
ot_address_hash (gconstpointer self)
{
  gsize size;
  const guint8 *bytes = ot_address_get_bytes (self, &size);
  guint32 hash = ot_address_get_port (self) * 2654435761u;

  for (gsize i = 0; i < size; i += sizeof (guint32)) {
    guint32 word;

    memcpy (&word, bytes + i, sizeof word);
    hash = (hash ^ word) * 2246822519u;
    hash ^= hash >> 15;
  }
  return hash;
}

gboolean
ot_address_equal (gconstpointer self, gconstpointer other)
{
  const OtAddress *a = self;
  const OtAddress *b = other;
  gsize a_size;
  gsize b_size;
  const guint8 *a_bytes = ot_address_get_bytes (a, &a_size);
  const guint8 *b_bytes = ot_address_get_bytes (b, &b_size);

  return a_size == b_size && ot_address_get_port (a) == ot_address_get_port (b)
         && memcmp (a_bytes, b_bytes, a_size) == 0;
}

char *
ot_address_list_parse (OtAddressList *out, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  out->n = 0;
  for (guint i = 0; words[i] != NULL; i++) {
    if (words[i][0] == '\0')
      continue;
    if (out->n == OT_ADDRESSES_MAX)
      return g_strdup_printf ("more than %u addresses", OT_ADDRESSES_MAX);
    if (!ot_address_parse (&out->list[out->n++], words[i], 0))
      return g_strdup_printf ("\"%s\" is not an IPv4 or IPv6 address", words[i]);
  }
  return out->n == 0 ? g_strdup ("no address") : NULL;
}
