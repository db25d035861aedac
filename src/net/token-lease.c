/* The end of a token during a connection. Pure: sends, closes and knows nothing. */

#include "token-lease.h"

#define LOOKS_IN_GRACE 4

void
ot_token_lease_begin (
    OtTokenLease *self, gint64 expires_us, gint64 notice_us, gint64 grace_us, gint64 wall_us)
{
  *self = (OtTokenLease){ .expires_us = expires_us, .notice_us = G_MAXINT64, .grace_us = grace_us };
  if (expires_us != G_MAXINT64 && notice_us > 0)
    self->notice_us = expires_us - MIN (notice_us, (expires_us - wall_us) / 2);
}

static void
arm_look (OtTokenLease *self, gint64 mono_us)
{
  self->look_us = mono_us + self->grace_us / LOOKS_IN_GRACE;
}

OtTokenLeaseDue
ot_token_lease_look (OtTokenLease *self, gint64 wall_us, gint64 mono_us)
{
  if (ot_token_lease_has_ended (self)) {
    if (mono_us < self->look_us)
      return OT_TOKEN_LEASE_NOTHING;
    arm_look (self, mono_us);
    return OT_TOKEN_LEASE_ASK;
  }
  if (wall_us >= self->expires_us) {
    self->needed_us = mono_us;
    arm_look (self, mono_us);
    return OT_TOKEN_LEASE_ENDED;
  }
  if (wall_us >= self->notice_us) {
    self->notice_us = G_MAXINT64;
    return OT_TOKEN_LEASE_ENDS;
  }
  return OT_TOKEN_LEASE_NOTHING;
}

gboolean
ot_token_lease_keep (OtTokenLease *self, gboolean is_needed, gint64 mono_us)
{
  if (is_needed)
    self->needed_us = mono_us;
  return mono_us - self->needed_us < self->grace_us;
}

gboolean
ot_token_lease_has_ended (const OtTokenLease *self)
{
  return self->needed_us != 0;
}
