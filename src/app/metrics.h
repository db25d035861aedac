#pragma once

#include <libsoup/soup.h>

#include "courier.h"
#include "health.h"
#include "hub.h"
#include "librarian.h"
#include "media-server.h"
#include "pulse.h"
#include "registry.h"
#include "server.h"
#include "store.h"

/**
 * OtMetrics:
 *
 * Whose figures /metrics shows: one table gives each its name, type, unit and meaning; the
 * rooms count for themselves (base/metric.h). All borrowed, and there while it is asked.
 *
 * Thread: main loop.
 */
typedef struct {
  OtRegistry *registry;
  OtHub *hub;
  OtServer *server;
  OtStore *store;
  OtMediaServer *media;
  OtLibrarian *const *librarian; /* NULL there: it has gone */
  OtCourier *courier;
  const OtPulse *pulse;
  OtHealthAsk ask_health;
  gpointer health_data;
  gint64 started_wall_us;
} OtMetrics;

/** ot_metrics_print: the table, for `otomod --print-metrics`: a line a metric, columns separated by
 * tabs. */
void ot_metrics_print (void);

/** ot_metrics_add: GET /metrics on @server, in Prometheus's text format 0.0.4; @self must outlive
 * it. */
void ot_metrics_add (SoupServer *server, OtMetrics *self);
