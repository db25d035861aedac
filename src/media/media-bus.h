#pragma once

#include <glib.h>

#include "media-port.h"

/**
 * OtMediaBus:
 *
 * The way from media's threads to the main loop: events are posted anywhere and delivered there, in
 * the order of posting, never from inside ot_media_bus_post(). How many can wait is bounded by who
 * posts: a request is answered by one event and one for each announced address (at most
 * OT_ADDRESSES_MAX), a leg reports twice, a call once, a recording four times.
 */
typedef struct _OtMediaBus OtMediaBus;

/**
 * OtMediaBusFunc: Gets an event on the main loop.
 * @origin: what was given to ot_media_bus_post()
 */
typedef void (*OtMediaBusFunc) (const OtMediaEvent *event, gpointer origin, gpointer user_data);

/** ot_media_bus_new: for the calling thread's default main context. */
OtMediaBus *ot_media_bus_new (OtMediaBusFunc deliver, gpointer user_data);

/** ot_media_bus_free: Drops what was not delivered. Nobody may post any more. Thread: main loop. */
void ot_media_bus_free (OtMediaBus *self);

/**
 * ot_media_bus_post:
 * @event: copied, with its strings
 * @origin: (transfer full) (nullable): goes with it
 * @release: frees @origin afterwards, on the main loop
 *
 * Thread: any.
 */
void ot_media_bus_post (OtMediaBus *self,
                        const OtMediaEvent *event,
                        gpointer origin,
                        GDestroyNotify release);
