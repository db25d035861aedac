#pragma once

#include <glib.h>

#include "udp-address.h"

/**
 * OtUdpPort:
 *
 * One UDP port, on IPv4, IPv6 or both (a socket each, of the same number). A batch comes in, what
 * is to go out because of it is queued and goes with one system call for each family. Nothing is
 * kept that can't be sent at once: late voice is worth nothing. It allocates when it is opened
 * only.
 *
 * Thread: one receives; one at a time queues and flushes.
 */
typedef struct _OtUdpPort OtUdpPort;

#define OT_UDP_BATCH 64
#define OT_UDP_DATAGRAM_MAX 1600 /* longer ones are dropped */
#define OT_UDP_ROOM 16           /* more bytes, behind a datagram, to work in */

/** OtDatagram: one that came; its receiver may write into it, also beyond @size. */
typedef struct {
  OtAddress from;
  gsize size;
  guint8 data[OT_UDP_DATAGRAM_MAX + OT_UDP_ROOM];
} OtDatagram;

/**
 * ot_udp_port_open:
 * @hosts: where to listen, one of each family at most; their ports are not looked at
 * @number: 0: any free one
 * @error: OT_MEDIA_ERROR_START, with the address in the message
 *
 * Returns: (transfer full): or NULL with @error set
 */
OtUdpPort *ot_udp_port_open (const OtAddressList *hosts, guint16 number, GError **error);
void ot_udp_port_close (OtUdpPort *self);

/** ot_udp_port_get_number: host byte order. */
guint16 ot_udp_port_get_number (const OtUdpPort *self);

/**
 * ot_udp_port_receive:
 * @batch: (out): borrowed until the next call
 * @came_wall_us: (out): when the first of them came, by the kernel's clock (UTC); 0: not known
 *
 * Sleeps until something comes, at most OT_UDP_PATIENCE_US, and takes what is there.
 *
 * Returns: how many; 0 after that time
 */
guint ot_udp_port_receive (OtUdpPort *self, OtDatagram **batch, gint64 *came_wall_us);

#define OT_UDP_PATIENCE_US G_USEC_PER_SEC

/** ot_udp_port_queue: @to and @data are borrowed until the flush, which is at the latest when
 * OT_UDP_BATCH are queued. */
void ot_udp_port_queue (OtUdpPort *self, OtAddress *to, guint8 *data, gsize size);

/** ot_udp_port_flush: Returns: how many the system did not take since the last flush. */
guint ot_udp_port_flush (OtUdpPort *self);

/** ot_udp_port_send: at once, or not at all. Thread: any. */
void ot_udp_port_send (OtUdpPort *self, const OtAddress *to, const guint8 *data, gsize size);

/** ot_udp_port_wake: ot_udp_port_receive() returns, now or the next time: with a datagram that
 * ot_udp_port_is_wake() knows, after those that were there before. Thread: any. */
void ot_udp_port_wake (OtUdpPort *self);
gboolean ot_udp_port_is_wake (const OtUdpPort *self, const OtDatagram *datagram);
