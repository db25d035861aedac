#pragma once

/** OtSide: the two people of a call, as an index. */
typedef enum {
  OT_SIDE_CALLER, /* the user, who pays */
  OT_SIDE_CALLEE, /* the otomo, who earns */
  OT_N_SIDES,
} OtSide;

static inline OtSide
ot_side_other (OtSide side)
{
  return side == OT_SIDE_CALLER ? OT_SIDE_CALLEE : OT_SIDE_CALLER;
}
