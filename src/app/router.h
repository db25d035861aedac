#pragma once

#include "hub.h"
#include "registry.h"

/**
 * ot_router_event: what an authenticated client sent goes to whom it concerns. Thread: main loop.
 */
void ot_router_event (OtRegistry *registry, OtSession *session, const OtIn *event);

/** ot_router_sender: a session as the calls see it. */
OtSender ot_router_sender (const OtSession *session);
