#pragma once

#include <glib.h>
#include <netinet/in.h>

/**
 * OtAddress:
 *
 * An IPv4 or IPv6 address and UDP port, in the kernel's own form. All zero: no address.
 */
typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} OtAddress;

#define OT_ADDRESSES_MAX 8

/** OtAddressList: some addresses, the first one preferred. */
typedef struct {
  OtAddress list[OT_ADDRESSES_MAX];
  guint n;
} OtAddressList;

/**
 * ot_address_parse:
 * @out: (out caller-allocates): the address
 * @host: an IPv4 or IPv6 address in digits; names are not looked up
 * @port: UDP port, host byte order
 *
 * Returns: FALSE when @host is not an address; @out is all zero then
 */
gboolean ot_address_parse (OtAddress *out, const char *host, guint16 port);

/** ot_address_to_string: (transfer full): the host in digits, without the port. */
char *ot_address_to_string (const OtAddress *self);

/** ot_address_get_port, ot_address_set_port: host byte order. */
guint16 ot_address_get_port (const OtAddress *self);
void ot_address_set_port (OtAddress *self, guint16 port);

/** ot_address_get_size: of the kernel's structure, for bind() and sendto(). */
socklen_t ot_address_get_size (const OtAddress *self);

/** ot_address_get_bytes: (transfer none): the host, 4 or 16 bytes in network order, see @size. */
const guint8 *ot_address_get_bytes (const OtAddress *self, gsize *size);

gboolean ot_address_is_loopback (const OtAddress *self);

/** Host and port; GHashFunc and GEqualFunc. */
guint ot_address_hash (gconstpointer self);
gboolean ot_address_equal (gconstpointer self, gconstpointer other);

/**
 * ot_address_list_parse:
 * @out: (out caller-allocates): the addresses, without ports
 * @text: addresses in digits, separated by spaces
 *
 * Returns: (transfer full) (nullable): NULL when all is well, else what is wrong with it, for a
 * person: none, too many, or the one that is none
 */
char *ot_address_list_parse (OtAddressList *out, const char *text);
