#pragma once

#include "chat.h"
#include "hub.h"
#include "registry.h"

/** OtRouter: where events can go; all borrowed. */
typedef struct {
  OtRegistry *calls;
  OtChat *chat;
} OtRouter;

/**
 * ot_router_event:
 * @sequence: the client's own number of it; 0: none
 *
 * What an authenticated client sent goes to whom it concerns. Thread: main loop.
 */
void ot_router_event (const OtRouter *self, OtSession *session, const OtIn *event, gint64 sequence);

/** ot_router_sender: a session as calls and channels see it; the strings are borrowed from it. */
OtSender ot_router_sender (const OtSession *session);
