#pragma once

#include <glib.h>

/**
 * OtRecording:
 *
 * One file of a call's voice, as media reports it and the database keeps it. Strings borrowed.
 */
typedef struct {
  const char *path; /* below the directory of recordings; what names it everywhere */
  const char *call_id;
  gint64 started_us; /* its zero: UTC µs since 1970, on the call's own clock */
  gint64 length_us;  /* here and below once it is complete */
  gint64 bytes;
  const char *sha256;  /* 64 hexadecimal digits; NULL: it is being written */
  const char *message; /* (nullable): why it is shorter than it should be, for a person */
} OtRecording;
