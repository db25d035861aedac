#pragma once

#include "call.h"
#include "config.h"
#include "courier.h"
#include "doorkeeper.h"
#include "net-limits.h"

/**
 * SECTION:rules
 *
 * The settings as the rooms want them: what a call, a connection and an address may do, which
 * webhooks are written and how often they are tried. Strings are borrowed from the configuration.
 */
OtCallSettings ot_rules_of_calls (const OtConfig *config);
OtNetLimits ot_rules_of_connections (const OtConfig *config);
OtDoorkeeperRules ot_rules_of_visitors (const OtConfig *config);
OtCourierOptions ot_rules_of_webhooks (const OtConfig *config);
