/* The keys, from their directory to the one that a token's signature is checked with. */

#include "jwt-check.h"

#include <string.h>

#include "auth.h"
#include "ids.h"
#include "log.h"

struct _OtJwtCheck {
  GPtrArray *keys; /* owned; of OtJwtKey */
  gboolean has_names;
  char *issuer;     /* owned, nullable */
  char *audience;   /* owned, nullable */
  OtJwtRules rules; /* borrows the two */
};

/* ---- the set ---- */

static gboolean
refuse (const char *file, const char *why, GError **error)
{
  g_set_error (error, OT_AUTH_ERROR, OT_AUTH_ERROR_KEY, "%s: %s", file, why);
  return FALSE;
}

static const OtJwtKey *
find_named (const OtJwtCheck *self, const char *kid)
{
  for (guint i = 0; i < self->keys->len; i++)
    if (g_strcmp0 (ot_jwt_key_get_kid (self->keys->pdata[i]), kid) == 0)
      return self->keys->pdata[i];
  return NULL;
}

static gboolean
add_key (OtJwtCheck *self, const char *algorithm, const char *kid, const char *file, GError **error)
{
  OtJwtKey *key;

  if (find_named (self, kid) != NULL)
    return refuse (file, "another key has this name (kid) already", error);
  if (self->keys->len == OT_JWT_KEYS_MAX)
    return refuse (file, "more than 64 keys", error);
  key = ot_jwt_key_load (algorithm, kid, file, error);
  if (key == NULL)
    return FALSE;
  g_ptr_array_add (self->keys, key);
  self->has_names = self->has_names || kid != NULL;
  ot_info ("takes JWT by %s with key %s", algorithm, kid != NULL ? kid : "without a name");
  return TRUE;
}

/* KID.ALGORITHM; a kid may have dots of its own. */
static gboolean
add_file (OtJwtCheck *self, const char *dir, const char *name, GError **error)
{
  g_autofree char *file = g_build_filename (dir, name, NULL);
  g_autofree char *kid = g_strdup (name);
  char *dot = strrchr (kid, '.');

  if (dot != NULL)
    *dot = '\0';
  if (dot == NULL || !ot_id_valid (kid))
    return refuse (file, "a key's file is named KID.ALGORITHM, as in 2026-11.ES256", error);
  return add_key (self, dot + 1, kid, file, error);
}

static gboolean
add_files (OtJwtCheck *self, const char *dir, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GDir) files = g_dir_open (dir, 0, &why);
  guint n_before = self->keys->len;
  const char *name;

  if (files == NULL)
    return refuse (dir, why->message, error);
  while ((name = g_dir_read_name (files)) != NULL)
    if (name[0] != '.' && !add_file (self, dir, name, error))
      return FALSE;
  return self->keys->len > n_before || refuse (dir, "there is no key in it", error);
}

OtJwtCheck *
ot_jwt_check_new (const OtJwtSettings *settings, GError **error)
{
  g_autoptr (OtJwtCheck) self = g_new0 (OtJwtCheck, 1);

  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify)ot_jwt_key_free);
  self->issuer = g_strdup (settings->rules.issuer);
  self->audience = g_strdup (settings->rules.audience);
  self->rules = (OtJwtRules){ self->issuer, self->audience, settings->rules.leeway_us };
  if (settings->key_file != NULL
      && !add_key (self, settings->algorithm, NULL, settings->key_file, error))
    return NULL;
  if (settings->keys_dir != NULL && !add_files (self, settings->keys_dir, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ot_jwt_check_free (OtJwtCheck *self)
{
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_free (self->issuer);
  g_free (self->audience);
  g_free (self);
}

/* ---- the choice ---- */

/* The keys for an algorithm: how many there are, one of them, and the one without a name. */
typedef struct {
  guint n;
  const OtJwtKey *any;
  const OtJwtKey *nameless;
} Fitting;

static Fitting
find_fitting (const OtJwtCheck *self, const char *algorithm)
{
  Fitting fitting = { 0 };

  for (guint i = 0; i < self->keys->len; i++) {
    const OtJwtKey *key = self->keys->pdata[i];
    if (!g_str_equal (ot_jwt_key_get_algorithm (key), algorithm))
      continue;
    fitting.n++;
    fitting.any = key;
    if (ot_jwt_key_get_kid (key) == NULL)
      fitting.nameless = key;
  }
  return fitting;
}

/* Returns: (nullable): what is wrong with the token's wish */
static const char *
choose (const OtJwtCheck *self, const OtJwtToken *token, const OtJwtKey **key)
{
  Fitting fitting = find_fitting (self, token->algorithm);

  if (fitting.n == 0)
    return "the token's algorithm is not one that this server takes";
  if (token->kid == NULL || !self->has_names) {
    *key = fitting.nameless != NULL ? fitting.nameless : fitting.any;
    return fitting.n == 1 || fitting.nameless != NULL
               ? NULL
               : "the token names no key (kid), and more than one fits";
  }
  *key = find_named (self, token->kid);
  if (*key == NULL)
    return "the token's key (kid) is not known";
  if (!g_str_equal (ot_jwt_key_get_algorithm (*key), token->algorithm))
    return "the token's key (kid) is for another algorithm";
  return NULL;
}

const char *
ot_jwt_check_token (const OtJwtCheck *self,
                    const OtJwtToken *token,
                    gint64 now_us,
                    OtJwtGrant *grant)
{
  const OtJwtKey *key = NULL;
  const char *reason = choose (self, token, &key);

  if (reason != NULL)
    return reason;
  if (!ot_jwt_key_verify (key, token))
    return "the token's signature is wrong";
  return ot_jwt_token_judge (token, &self->rules, now_us, grant);
}
