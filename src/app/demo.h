#pragma once

#include <libsoup/soup.h>

#include "clock.h"
#include "store.h"

/**
 * ot_demo_add:
 *
 * What the page of development mode needs and no real server may have: GET /dev/people lists
 * everybody, POST /dev/token
 * {"userId": …} gives anybody's session token. @store must outlive @server.
 */
void ot_demo_add (SoupServer *server, OtStore *store, const OtClock *clock, int unit_seconds);
