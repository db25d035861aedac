/* JSON Web Tokens. libjwt and OpenSSL check signatures; which algorithm is allowed, and what header
 * and claims say, is read here, after the strict gate, so that two parsers can't disagree about one
 * token. */

#include "jwt-key.h"

#include <json-glib/json-glib.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "auth.h"
#include "gate.h"
#include "ids.h"

#define MIN_SECRET_BYTES 32
#define MIN_RSA_BITS 2048
#define MAX_TOKEN_CHARS 8192
#define NOT_BEFORE_LEEWAY_SECONDS 5
#define ED25519_SIGNATURE_BYTES 64

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (jwt_t, jwt_free)

struct _OtJwtKey {
  char *algorithm; /* owned */
  char *text;      /* owned; secret, or PEM */
  gsize length;
  EVP_PKEY *public_key; /* owned; NULL for a secret */
};

static gboolean
refuse_key (const char *key_file, const char *why, GError **error)
{
  g_set_error (error, OT_AUTH_ERROR, OT_AUTH_ERROR_KEY, "%s: %s", key_file, why);
  return FALSE;
}

static gboolean
accept_secret (OtJwtKey *self, const char *key_file, GError **error)
{
  if (self->length > 0 && self->text[self->length - 1] == '\n')
    self->length--;
  if (g_str_has_prefix (self->text, "-----BEGIN"))
    return refuse_key (key_file, "HS256 needs a secret, not a key in PEM", error);
  if (self->length < MIN_SECRET_BYTES)
    return refuse_key (key_file, "HS256 needs a secret of at least 32 bytes", error);
  return TRUE;
}

static gboolean
fits (EVP_PKEY *key, const char *algorithm)
{
  char curve[32] = "";

  if (g_str_equal (algorithm, "RS256"))
    return EVP_PKEY_get_base_id (key) == EVP_PKEY_RSA && EVP_PKEY_get_bits (key) >= MIN_RSA_BITS;
  if (g_str_equal (algorithm, "ES256"))
    return EVP_PKEY_get_base_id (key) == EVP_PKEY_EC
           && EVP_PKEY_get_group_name (key, curve, sizeof curve, NULL)
           && g_str_equal (curve, "prime256v1");
  return EVP_PKEY_get_base_id (key) == EVP_PKEY_ED25519;
}

static gboolean
accept_public_key (OtJwtKey *self, const char *key_file, GError **error)
{
  BIO *bio = BIO_new_mem_buf (self->text, (int)self->length);
  g_autofree char *wanted =
      g_strdup_printf ("does not hold a public key in PEM that fits %s", self->algorithm);

  self->public_key = PEM_read_bio_PUBKEY (bio, NULL, NULL, NULL);
  BIO_free (bio);
  return (self->public_key != NULL && fits (self->public_key, self->algorithm))
         || refuse_key (key_file, wanted, error);
}

OtJwtKey *
ot_jwt_key_load (const char *algorithm, const char *key_file, GError **error)
{
  static const char *const algorithms[] = { "HS256", "RS256", "ES256", "EdDSA", NULL };
  g_autoptr (OtJwtKey) self = g_new0 (OtJwtKey, 1);
  gboolean accepted;

  if (!g_strv_contains (algorithms, algorithm)) {
    refuse_key (algorithm, "not one of HS256, RS256, ES256, EdDSA", error);
    return NULL;
  }
  if (!g_file_get_contents (key_file, &self->text, &self->length, error))
    return NULL;
  self->algorithm = g_strdup (algorithm);
  accepted = g_str_equal (algorithm, "HS256") ? accept_secret (self, key_file, error)
                                              : accept_public_key (self, key_file, error);
  return accepted ? g_steal_pointer (&self) : NULL;
}

void
ot_jwt_key_free (OtJwtKey *self)
{
  g_clear_pointer (&self->algorithm, g_free);
  if (self->text != NULL)
    OPENSSL_cleanse (self->text, self->length);
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->public_key, EVP_PKEY_free);
  g_free (self);
}

/* Base64url without padding (RFC 7515); g_base64_decode() alone skips what it doesn't know. */
static guchar *
decode_part (const char *part, gsize *length)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  g_autoptr (GString) text = g_string_new (part);

  if (strspn (part, alphabet) != text->len || text->len == 0 || text->len % 4 == 1)
    return NULL;
  g_strdelimit (text->str, "-", '+');
  g_strdelimit (text->str, "_", '/');
  while (text->len % 4 != 0)
    g_string_append_c (text, '=');
  return g_base64_decode (text->str, length);
}

static JsonNode *
parse_part (const char *part)
{
  gsize length;
  g_autofree char *text = (char *)decode_part (part, &length);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (JsonNode) root = NULL;

  if (text == NULL || ot_gate_check (text, length, NULL) != NULL
      || !json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_steal_root (parser);
  return JSON_NODE_HOLDS_OBJECT (root) ? g_steal_pointer (&root) : NULL;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static gboolean
verify_ed25519 (const OtJwtKey *self, const char *token, const guchar *signature, gsize length)
{
  g_autoptr (EVP_MD_CTX) context = EVP_MD_CTX_new ();
  gsize signed_length = strrchr (token, '.') - token;

  return length == ED25519_SIGNATURE_BYTES
         && EVP_DigestVerifyInit (context, NULL, NULL, NULL, self->public_key) == 1
         && EVP_DigestVerify (context, signature, length, (const guchar *)token, signed_length)
                == 1;
}

static gboolean
verify_signature (const OtJwtKey *self, const char *token, const char *signature_part)
{
  g_autoptr (jwt_t) jwt = NULL;
  gsize length;
  g_autofree guchar *signature = decode_part (signature_part, &length);

  if (signature == NULL)
    return FALSE;
  if (g_str_equal (self->algorithm, "EdDSA"))
    return verify_ed25519 (self, token, signature, length);
  return jwt_decode (&jwt, token, (const guchar *)self->text, (int)self->length) == 0
         && jwt_get_alg (jwt) == jwt_str_alg (self->algorithm);
}

/* A NumericDate; absent is TRUE with @fallback. */
static gboolean
read_date (JsonObject *claims, const char *name, double fallback, double *seconds)
{
  JsonNode *node = json_object_get_member (claims, name);
  GType type = node != NULL ? json_node_get_value_type (node) : G_TYPE_INVALID;

  *seconds = fallback;
  if (node == NULL)
    return TRUE;
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *seconds = json_node_get_double (node);
  return TRUE;
}

static char *
read_subject (JsonObject *claims, gint64 now_seconds, const char **reason)
{
  const char *subject = get_string (claims, "sub");
  double expires, begins;

  *reason = "the token's sub is not an id";
  if (!ot_id_valid (subject))
    return NULL;
  *reason = "the token's exp or nbf is not a number";
  if (!read_date (claims, "exp", G_MAXDOUBLE, &expires) || !read_date (claims, "nbf", 0, &begins))
    return NULL;
  *reason = "the token has expired";
  if (expires <= now_seconds)
    return NULL;
  *reason = "the token is not valid yet";
  if (begins > now_seconds + NOT_BEFORE_LEEWAY_SECONDS)
    return NULL;
  return g_strdup (subject);
}

char *
ot_jwt_key_verify (const OtJwtKey *self, const char *token, gint64 now_seconds, const char **reason)
{
  g_auto (GStrv) parts = NULL;
  g_autoptr (JsonNode) header = NULL;
  g_autoptr (JsonNode) claims = NULL;

  *reason = "the token is not a JWT";
  if (strlen (token) > MAX_TOKEN_CHARS)
    return NULL;
  parts = g_strsplit (token, ".", -1);
  if (g_strv_length (parts) != 3)
    return NULL;
  header = parse_part (parts[0]);
  claims = parse_part (parts[1]);
  if (header == NULL || claims == NULL)
    return NULL;
  *reason = "the token's algorithm is not the one that this server takes";
  if (g_strcmp0 (get_string (json_node_get_object (header), "alg"), self->algorithm) != 0
      || json_object_has_member (json_node_get_object (header), "crit"))
    return NULL;
  *reason = "the token's signature is wrong";
  if (!verify_signature (self, token, parts[2]))
    return NULL;
  return read_subject (json_node_get_object (claims), now_seconds, reason);
}
