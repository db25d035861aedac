#pragma once

#include <glib.h>

/** Numbers in network byte order, at any address. */

static inline guint16
ot_get16 (const guint8 *at)
{
  return (guint16)(at[0] << 8 | at[1]);
}

static inline guint32
ot_get32 (const guint8 *at)
{
  return (guint32)ot_get16 (at) << 16 | ot_get16 (at + 2);
}

static inline void
ot_set16 (guint8 *at, guint16 value)
{
  at[0] = (guint8)(value >> 8);
  at[1] = (guint8)value;
}

static inline void
ot_set32 (guint8 *at, guint32 value)
{
  ot_set16 (at, (guint16)(value >> 16));
  ot_set16 (at + 2, (guint16)value);
}
