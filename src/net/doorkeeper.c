/* A table of visitors; one who has no connection and whose quota is full is as good as forgotten.
 */

#include "doorkeeper.h"

#include <string.h>

#include "log.h"

#define VISITORS_MAX 20000
#define IPV6_PREFIX_BYTES 8

typedef struct {
  guint n_connections;
  OtQuota wrong_tokens;
} Visitor;

struct _OtDoorkeeper {
  guint max_connections;
  OtQuotaRule wrong_tokens;
  GPtrArray *proxies; /* owned: of GInetAddressMask */
  const OtClock *clock;
  GHashTable *visitors; /* name (owned) → Visitor (owned) */
};

/* Returns: (transfer full) (nullable): NULL with @error */
static GPtrArray *
parse_proxies (const char *text, GError **error)
{
  g_autoptr (GPtrArray) proxies = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) words = g_strsplit (text != NULL ? text : "", " ", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    GInetAddressMask *mask =
        words[i][0] != '\0' ? g_inet_address_mask_new_from_string (words[i], error) : NULL;
    if (mask != NULL)
      g_ptr_array_add (proxies, mask);
    else if (words[i][0] != '\0')
      return NULL;
  }
  return g_steal_pointer (&proxies);
}

OtDoorkeeper *
ot_doorkeeper_new (const OtDoorkeeperRules *rules, const OtClock *clock, GError **error)
{
  g_autoptr (OtDoorkeeper) self = g_new0 (OtDoorkeeper, 1);

  self->clock = clock;
  self->visitors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return ot_doorkeeper_set_rules (self, rules, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
ot_doorkeeper_set_rules (OtDoorkeeper *self, const OtDoorkeeperRules *rules, GError **error)
{
  GPtrArray *proxies = parse_proxies (rules->proxies, error);

  if (proxies == NULL)
    return FALSE;
  g_clear_pointer (&self->proxies, g_ptr_array_unref);
  self->proxies = proxies;
  self->max_connections = rules->max_connections;
  self->wrong_tokens = rules->wrong_tokens;
  return TRUE;
}

void
ot_doorkeeper_free (OtDoorkeeper *self)
{
  g_clear_pointer (&self->visitors, g_hash_table_unref);
  g_clear_pointer (&self->proxies, g_ptr_array_unref);
  g_free (self);
}

/* ---- names ---- */

/* An IPv4 address in IPv6's clothes (RFC 4291, 2.5.5.2) is one. */
static GInetAddress *
undress (GInetAddress *address)
{
  static const guint8 mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
      && memcmp (bytes, mapped, sizeof mapped) == 0)
    return g_inet_address_new_from_bytes (bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4);
  return g_object_ref (address);
}

static char *
name_of (GInetAddress *address)
{
  guint8 prefix[16] = { 0 };
  g_autoptr (GInetAddress) network = NULL;
  g_autofree char *text = NULL;

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return g_inet_address_to_string (address);
  memcpy (prefix, g_inet_address_to_bytes (address), IPV6_PREFIX_BYTES);
  network = g_inet_address_new_from_bytes (prefix, G_SOCKET_FAMILY_IPV6);
  text = g_inet_address_to_string (network);
  return g_strconcat (text, "/64", NULL);
}

static gboolean
is_proxy (const OtDoorkeeper *self, GInetAddress *address)
{
  for (guint i = 0; i < self->proxies->len; i++)
    if (g_inet_address_mask_matches (self->proxies->pdata[i], address))
      return TRUE;
  return FALSE;
}

/* Some proxies add the port: 192.0.2.7:5678, [2001:db8::7]:443. Returns: (transfer full) (nullable)
 */
static GInetAddress *
parse_hop (char *hop)
{
  char *colon;
  char *bracket;

  g_strstrip (hop);
  colon = strchr (hop, ':');
  bracket = strchr (hop, ']');
  if (hop[0] == '[' && bracket != NULL && (bracket[1] == '\0' || bracket[1] == ':')) {
    *bracket = '\0';
    return g_inet_address_new_from_string (hop + 1);
  }
  if (colon != NULL && strchr (colon + 1, ':') == NULL)
    *colon = '\0';
  return g_inet_address_new_from_string (hop);
}

/* From right to left, as far as proxies vouch for what is on their left. */
char *
ot_doorkeeper_visitor (const OtDoorkeeper *self, GInetAddress *address, const char *forwarded_for)
{
  g_autoptr (GInetAddress) last = undress (address);
  g_auto (GStrv) hops = g_strsplit (forwarded_for != NULL ? forwarded_for : "", ",", -1);
  guint n_hops = g_strv_length (hops);

  while (is_proxy (self, last)) {
    g_autoptr (GInetAddress) next = n_hops > 0 ? parse_hop (hops[--n_hops]) : NULL;
    if (next == NULL)
      return NULL;
    g_object_unref (last);
    last = undress (next);
  }
  return name_of (last);
}

/* ---- the table ---- */

static gboolean
is_forgettable (gpointer name, gpointer value, gpointer now_us)
{
  Visitor *visitor = value;

  return visitor->n_connections == 0
         && ot_quota_is_full (&visitor->wrong_tokens, *(gint64 *)now_us);
}

static gboolean
is_idle (gpointer name, gpointer value, gpointer user_data)
{
  return ((Visitor *)value)->n_connections == 0;
}

static Visitor *
note (OtDoorkeeper *self, const char *name)
{
  gint64 now_us = ot_clock_mono_us (self->clock);
  Visitor *visitor = g_hash_table_lookup (self->visitors, name);

  if (visitor != NULL)
    return visitor;
  if (g_hash_table_size (self->visitors) >= VISITORS_MAX
      && g_hash_table_foreach_remove (self->visitors, is_forgettable, &now_us) == 0)
    g_hash_table_foreach_remove (self->visitors, is_idle, NULL);
  visitor = g_new0 (Visitor, 1);
  g_hash_table_insert (self->visitors, g_strdup (name), visitor);
  return visitor;
}

gboolean
ot_doorkeeper_enter (OtDoorkeeper *self, const char *name)
{
  Visitor *visitor = note (self, name);

  if (self->max_connections != 0 && visitor->n_connections >= self->max_connections)
    return FALSE;
  visitor->n_connections++;
  return TRUE;
}

void
ot_doorkeeper_leave (OtDoorkeeper *self, const char *name)
{
  gint64 now_us = ot_clock_mono_us (self->clock);
  Visitor *visitor = g_hash_table_lookup (self->visitors, name);

  g_assert (visitor != NULL && visitor->n_connections > 0);
  visitor->n_connections--;
  if (is_forgettable (NULL, visitor, &now_us))
    g_hash_table_remove (self->visitors, name);
}

gboolean
ot_doorkeeper_listens (OtDoorkeeper *self, const char *name)
{
  Visitor *visitor = g_hash_table_lookup (self->visitors, name);

  return visitor == NULL
         || ot_quota_has (&visitor->wrong_tokens, &self->wrong_tokens, 1,
                          ot_clock_mono_us (self->clock));
}

void
ot_doorkeeper_wrong_token (OtDoorkeeper *self, const char *name)
{
  gint64 now_us = ot_clock_mono_us (self->clock);
  Visitor *visitor = note (self, name);
  gboolean listened = ot_quota_has (&visitor->wrong_tokens, &self->wrong_tokens, 1, now_us);

  ot_quota_owe (&visitor->wrong_tokens, &self->wrong_tokens, 1, now_us);
  if (listened && !ot_quota_has (&visitor->wrong_tokens, &self->wrong_tokens, 1, now_us))
    ot_warning ("%s has sent too many wrong tokens: its tokens are not looked at for a while",
                name);
}
