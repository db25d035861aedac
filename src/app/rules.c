/* Settings become rules. */

#include "rules.h"

#define MINUTE_US (60 * (gint64)G_USEC_PER_SEC)

static OtRecordingMode
recording_mode (const OtConfig *config)
{
  if (g_str_equal (config->recording_mode, "all"))
    return OT_RECORDING_ALL;
  return g_str_equal (config->recording_mode, "off") ? OT_RECORDING_OFF : OT_RECORDING_ON_REQUEST;
}

/* A setting is a rate; at once there may be what two seconds of it allow. */
static OtQuotaRule
two_seconds_of (gint64 a_second)
{
  return (OtQuotaRule){ 2 * a_second, 2 * G_USEC_PER_SEC };
}

OtCallSettings
ot_rules_of_calls (const OtConfig *config)
{
  return (OtCallSettings){ .unit_us = config->billing_unit_seconds * G_USEC_PER_SEC,
                           .request_timeout_us = config->call_request_timeout_us,
                           .ring_timeout_us = config->call_ring_timeout_us,
                           .media_timeout_us = config->call_media_timeout_us,
                           .database_timeout_us = config->call_database_timeout_us,
                           .watch = { .rtp_pause_us = config->call_rtp_pause_us,
                                      .rtp_timeout_us = config->call_rtp_timeout_us,
                                      .lost_timeout_us = config->call_lost_timeout_us,
                                      .resume_window_us = config->call_resume_window_us },
                           .charge = ot_charge_mode_parse (config->billing_charge),
                           .recording = recording_mode (config),
                           .admission = { .max_calls = (guint)config->limit_calls,
                                          .begun = two_seconds_of (config->limit_new_calls),
                                          .of_person = { config->limit_person_calls, MINUTE_US },
                                          .max_stall_us = config->limit_loop_stall_us,
                                          .max_record_lag_us = config->limit_record_lag_us } };
}

OtNetLimits
ot_rules_of_connections (const OtConfig *config)
{
  OtNetLimits limits = OT_NET_LIMITS_DEFAULT;

  limits.send = (OtAllowanceRules){ two_seconds_of (config->limit_messages),
                                    two_seconds_of (config->limit_bytes) };
  limits.person = (OtAllowanceRules){ two_seconds_of (config->limit_person_messages),
                                      two_seconds_of (config->limit_person_bytes) };
  limits.invalid = (OtQuotaRule){ config->limit_invalid, MINUTE_US };
  limits.max_fresh = (guint)config->limit_unauthenticated;
  limits.max_devices = (guint)config->server_devices;
  limits.ping_seconds = (int)config->server_ping_seconds;
  limits.resume_window_us = config->call_resume_window_us;
  limits.token_notice_us = config->auth_token_notice_us;
  limits.token_grace_us = config->auth_token_grace_us;
  return limits;
}

OtDoorkeeperRules
ot_rules_of_visitors (const OtConfig *config)
{
  return (OtDoorkeeperRules){ .max_connections = (guint)config->limit_address_connections,
                              .wrong_tokens = { config->limit_wrong_tokens, MINUTE_US },
                              .proxies = config->server_proxies };
}

OtCourierOptions
ot_rules_of_webhooks (const OtConfig *config)
{
  return (OtCourierOptions){ .first_pause_us = config->webhook_retry_us,
                             .max_tries = (int)config->webhook_tries,
                             .rules = { .wallet_low_points = config->webhook_wallet_low,
                                        .keep_days = (int)config->webhook_keep_days } };
}
