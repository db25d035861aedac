/* A JWT taken apart, and the judgement of its claims. Knows no key, reads no file and no clock. */

#include "jwt-token.h"

#include <string.h>

#include "gate.h"
#include "ids.h"

#define MAX_DATE_SECONDS 1e11 /* in some 3,000 years; later is never */

static const char not_a_jwt[] = "the token is not a JWT";

/* ---- taking apart ---- */

/* Base64url without padding (RFC 7515), and only as an encoder writes it: the bits that its last
 * character leaves over are 0. g_base64_decode() alone skips what it doesn't know. */
static guchar *
decode_part (const char *part, gsize part_length, gsize *length)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static const guint unused_bits[4] = { 0, 0, 0x0f, 0x03 }; /* by what is over four characters */
  g_autoptr (GString) text = g_string_new_len (part, part_length);
  guint last;

  if (text->len == 0 || text->len % 4 == 1 || strspn (text->str, alphabet) != text->len)
    return NULL;
  last = strchr (alphabet, text->str[text->len - 1]) - alphabet;
  if ((last & unused_bits[text->len % 4]) != 0)
    return NULL;
  g_strdelimit (text->str, "-", '+');
  g_strdelimit (text->str, "_", '/');
  while (text->len % 4 != 0)
    g_string_append_c (text, '=');
  return g_base64_decode (text->str, length);
}

static JsonNode *
parse_part (const char *part, gsize part_length)
{
  gsize length;
  g_autofree char *text = (char *)decode_part (part, part_length, &length);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonNode) root = NULL;

  if (text == NULL || ot_gate_check (text, length, NULL) != NULL
      || !json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_steal_root (parser);
  return JSON_NODE_HOLDS_OBJECT (root) ? g_steal_pointer (&root) : NULL;
}

/* Returns: (nullable): NULL: absent, or no string */
static const char *
text_of (JsonNode *node)
{
  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static const char *
get_string (JsonNode *object, const char *name)
{
  return text_of (json_object_get_member (json_node_get_object (object), name));
}

static const char *
read_header (OtJwtToken *self)
{
  static const char *const refused[] = { "crit", "jku", "jwk", "x5u", "x5c" };
  JsonObject *header = json_node_get_object (self->header);

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (json_object_has_member (header, refused[i]))
      return "the token's header holds crit, jku, jwk, x5u or x5c; none of them is taken here";
  self->algorithm = get_string (self->header, "alg");
  if (self->algorithm == NULL)
    return "the token's header has no alg";
  self->kid = get_string (self->header, "kid");
  if (json_object_has_member (header, "kid") && !ot_id_valid (self->kid))
    return "the token's kid is not an id";
  return NULL;
}

const char *
ot_jwt_token_read (OtJwtToken *self, const char *text)
{
  const char *first_dot = strchr (text, '.');
  const char *last_dot = strrchr (text, '.');

  *self = (OtJwtToken){ 0 };
  if (first_dot == last_dot || memchr (first_dot + 1, '.', last_dot - first_dot - 1) != NULL
      || strlen (text) > OT_JWT_MAX_CHARS)
    return not_a_jwt;
  self->header = parse_part (text, first_dot - text);
  self->claims = parse_part (first_dot + 1, last_dot - first_dot - 1);
  if (self->header == NULL || self->claims == NULL)
    return not_a_jwt;
  self->signed_text = text;
  self->signed_length = last_dot - text;
  self->signature = decode_part (last_dot + 1, strlen (last_dot + 1), &self->signature_length);
  return read_header (self);
}

void
ot_jwt_token_clear (OtJwtToken *self)
{
  g_clear_pointer (&self->header, json_node_unref);
  g_clear_pointer (&self->claims, json_node_unref);
  g_clear_pointer (&self->signature, g_free);
}

/* ---- judging ---- */

static gint64
date_us (double seconds)
{
  if (seconds > MAX_DATE_SECONDS)
    return G_MAXINT64;
  return (gint64)(MAX (seconds, -MAX_DATE_SECONDS) * G_USEC_PER_SEC);
}

/* A NumericDate; absent is TRUE with @absent_us. */
static gboolean
read_date (JsonNode *claims, const char *name, gint64 absent_us, gint64 *us)
{
  JsonNode *node = json_object_get_member (json_node_get_object (claims), name);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  *us = absent_us;
  if (node == NULL)
    return TRUE;
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *us = date_us (json_node_get_double (node));
  return TRUE;
}

/* `aud`: a string, or an array of strings. */
static gboolean
is_meant_for (JsonNode *claims, const char *audience)
{
  JsonNode *node = json_object_get_member (json_node_get_object (claims), "aud");
  JsonArray *array;
  gboolean found = FALSE;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return g_strcmp0 (text_of (node), audience) == 0;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    const char *one = text_of (json_array_get_element (array, i));
    if (one == NULL)
      return FALSE;
    found = found || g_str_equal (one, audience);
  }
  return found;
}

const char *
ot_jwt_token_judge (const OtJwtToken *self,
                    const OtJwtRules *rules,
                    gint64 now_us,
                    OtJwtGrant *grant)
{
  gint64 expires_us, begins_us;

  grant->user_id = get_string (self->claims, "sub");
  if (!ot_id_valid (grant->user_id))
    return "the token's sub is not an id";
  if (!read_date (self->claims, "exp", G_MAXINT64, &expires_us)
      || !read_date (self->claims, "nbf", G_MININT64, &begins_us))
    return "the token's exp or nbf is not a number";
  if (expires_us <= now_us - rules->leeway_us)
    return "the token has expired";
  if (begins_us > now_us + rules->leeway_us)
    return "the token is not valid yet";
  if (rules->issuer != NULL && g_strcmp0 (get_string (self->claims, "iss"), rules->issuer) != 0)
    return "the token's iss is not the issuer that this server trusts";
  if (rules->audience != NULL && !is_meant_for (self->claims, rules->audience))
    return "the token's aud does not name this server";
  grant->expires_us = expires_us == G_MAXINT64 ? G_MAXINT64 : expires_us + rules->leeway_us;
  return NULL;
}
