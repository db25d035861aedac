#pragma once

#include <glib.h>

#define OT_STORE_ERROR (ot_store_error_quark ())

/** OtStoreError: what can be wrong with an operation. Messages are one line, for a person. */
typedef enum {
  OT_STORE_ERROR_FAILED,       /* the database refused for good: a bug, or a broken schema */
  OT_STORE_ERROR_UNAVAILABLE,  /* no answer in time; it may have happened or not: ask again */
  OT_STORE_ERROR_NOT_FOUND,    /* no such user, call, token */
  OT_STORE_ERROR_CONFLICT,     /* the id stands for something else already */
  OT_STORE_ERROR_INVALID,      /* a value out of its range */
  OT_STORE_ERROR_NEWER_SCHEMA, /* the database was migrated by a newer program */
  OT_STORE_ERROR_IN_USE,       /* another server of this name is alive */
  OT_STORE_ERROR_CLUSTER,      /* the private PostgreSQL can't be made or started */
} OtStoreError;

GQuark ot_store_error_quark (void);
