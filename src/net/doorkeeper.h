#pragma once

#include <gio/gio.h>

#include "clock.h"
#include "quota.h"

/**
 * OtDoorkeeper:
 *
 * Who may come in from where: how many connections an address holds, and how many wrong tokens came
 * from it. A visitor is an IPv4 address, or the /64 of an IPv6 one, since a subscriber has all of
 * that (RFC 6177). Addresses of proxies in front of this server are no visitors: whom they speak
 * for stands in X-Forwarded-For.
 *
 * Remembers at most 20,000 visitors; beyond that, those with connections only.
 *
 * Thread: main loop.
 */
typedef struct _OtDoorkeeper OtDoorkeeper;

/** OtDoorkeeperRules: copied. */
typedef struct {
  guint max_connections;    /* of a visitor; 0: without limit */
  OtQuotaRule wrong_tokens; /* of a visitor */
  const char *proxies; /* (nullable): addresses and networks (10.0.0.0/8), separated by spaces */
} OtDoorkeeperRules;

/** ot_doorkeeper_new: Returns: (transfer full) (nullable): NULL with a G_IO_ERROR: @rules.proxies
 * can't be read */
OtDoorkeeper *
ot_doorkeeper_new (const OtDoorkeeperRules *rules, const OtClock *clock, GError **error);
void ot_doorkeeper_free (OtDoorkeeper *self);

/** ot_doorkeeper_set_rules: others from now on; who is in stays. Returns: FALSE with a G_IO_ERROR,
 * as of ot_doorkeeper_new(): with the rules of before */
gboolean
ot_doorkeeper_set_rules (OtDoorkeeper *self, const OtDoorkeeperRules *rules, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OtDoorkeeper, ot_doorkeeper_free)

/**
 * ot_doorkeeper_visitor:
 * @address: whose connection it is
 * @forwarded_for: (nullable): the X-Forwarded-For of its request, with ports or without, which
 * only a proxy is believed
 *
 * Returns: (transfer full) (nullable): who visits; NULL: a proxy that names nobody
 */
char *
ot_doorkeeper_visitor (const OtDoorkeeper *self, GInetAddress *address, const char *forwarded_for);

/** ot_doorkeeper_enter: one more connection. Returns: FALSE: too many, it doesn't count */
gboolean ot_doorkeeper_enter (OtDoorkeeper *self, const char *visitor);

/** ot_doorkeeper_leave: one that had entered is gone. */
void ot_doorkeeper_leave (OtDoorkeeper *self, const char *visitor);

/** ot_doorkeeper_listens: whether a token of the visitor's is looked at; not after too many wrong
 * ones, for a while. */
gboolean ot_doorkeeper_listens (OtDoorkeeper *self, const char *visitor);

/** ot_doorkeeper_wrong_token: a token of the visitor's was no good. Those that were looked at at
 * the same time count too, but the visitor is listened to again after two of the rule's periods at
 * the latest, since others may live at its address. */
void ot_doorkeeper_wrong_token (OtDoorkeeper *self, const char *visitor);
