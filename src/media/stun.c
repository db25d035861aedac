/* Reads and writes STUN messages. Pure: bytes in, bytes out, nothing kept. What arrives here came
 * from anybody: every length is checked before it is believed, and nothing is asserted about it. */

#include "stun.h"

#include <openssl/crypto.h>
#include <string.h>

#include "bytes.h"
#include "hmac.h"

#define HEADER_SIZE 20
#define MAGIC_COOKIE 0x2112a442u
#define INTEGRITY_SIZE OT_HMAC_BYTES
#define COMPREHENSION_OPTIONAL 0x8000
#define FINGERPRINT_XOR 0x5354554eu

static gsize
padded (gsize size)
{
  return (size + 3) & ~(gsize)3;
}

/* CRC-32 of ITU-T V.42, four bits a step. */
static guint32
crc32_of (const guint8 *data, gsize size)
{
  static const guint32 table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                     0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                     0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                     0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* MESSAGE-INTEGRITY covers all before it, with a header whose length ends behind it. */
static void
integrity_of (const guint8 *data, gsize offset, const char *password, guint8 out[INTEGRITY_SIZE])
{
  guint8 header[HEADER_SIZE];
  OtHmac hmac;

  memcpy (header, data, HEADER_SIZE);
  ot_set16 (header + 2, (guint16)(offset + 4 + INTEGRITY_SIZE - HEADER_SIZE));
  ot_hmac_set_key (&hmac, (const guint8 *)password, strlen (password));
  ot_hmac_make (&hmac, header, HEADER_SIZE, data + HEADER_SIZE, offset - HEADER_SIZE, out);
  OPENSSL_cleanse (&hmac, sizeof hmac);
}

/* The host of an XOR-MAPPED-ADDRESS is mixed with the cookie and, for IPv6, the transaction id:
 * bytes 4 to 19. */
static void
mix_address (guint8 *host, gsize size, const guint8 *message)
{
  for (gsize i = 0; i < size; i++)
    host[i] ^= message[4 + i];
}

static void
read_mapped (OtStun *self, const guint8 *value, gsize size)
{
  guint16 port = size >= 4 ? ot_get16 (value + 2) ^ (guint16)(MAGIC_COOKIE >> 16) : 0;

  if (size == 8 && value[1] == 1) {
    self->mapped.v4.sin_family = AF_INET;
    self->mapped.v4.sin_port = g_htons (port);
    memcpy (&self->mapped.v4.sin_addr, value + 4, 4);
    mix_address ((guint8 *)&self->mapped.v4.sin_addr, 4, self->data);
  } else if (size == 20 && value[1] == 2) {
    self->mapped.v6.sin6_family = AF_INET6;
    self->mapped.v6.sin6_port = g_htons (port);
    memcpy (&self->mapped.v6.sin6_addr, value + 4, 16);
    mix_address ((guint8 *)&self->mapped.v6.sin6_addr, 16, self->data);
  }
}

static void
read_unknown (OtStun *self, guint16 attribute)
{
  if (attribute < COMPREHENSION_OPTIONAL && self->n_unknown < OT_STUN_UNKNOWN_MAX)
    self->unknown[self->n_unknown++] = attribute;
}

/* Of an attribute that comes twice the first counts (RFC 8489, 14). */
static void
read_attribute (OtStun *self, guint16 attribute, gsize offset, gsize size)
{
  const guint8 *value = self->data + offset + 4;

  if (self->integrity_offset != 0)
    return;
  switch (attribute) {
  case OT_STUN_USERNAME:
    if (self->username != NULL)
      break;
    self->username = value;
    self->username_size = size;
    break;
  case OT_STUN_INTEGRITY:
    if (size == INTEGRITY_SIZE)
      self->integrity_offset = offset;
    break;
  case OT_STUN_PRIORITY:
    self->has_priority = TRUE;
    self->is_malformed |= size != 4;
    break;
  case OT_STUN_USE_CANDIDATE:
    self->use_candidate = TRUE;
    self->is_malformed |= size != 0;
    break;
  case OT_STUN_CONTROLLED:
  case OT_STUN_CONTROLLING:
    self->is_controlled |= attribute == OT_STUN_CONTROLLED;
    self->is_malformed |= size != 8;
    break;
  case OT_STUN_XOR_MAPPED_ADDRESS:
    read_mapped (self, value, size);
    break;
  case OT_STUN_ERROR_CODE:
    if (size >= 4)
      self->error_code = (value[2] & 7) * 100 + value[3];
    break;
  case OT_STUN_UNKNOWN_ATTRIBUTES:
    break;
  default:
    read_unknown (self, attribute);
    break;
  }
}

gboolean
ot_stun_read (OtStun *out, const guint8 *data, gsize size)
{
  gsize offset = HEADER_SIZE;

  memset (out, 0, sizeof *out);
  if (size < HEADER_SIZE || size > OT_STUN_MAX || (data[0] & 0xc0) != 0
      || ot_get32 (data + 4) != MAGIC_COOKIE || ot_get16 (data + 2) != size - HEADER_SIZE
      || size % 4 != 0)
    return FALSE;
  out->data = data;
  out->type = ot_get16 (data);
  out->transaction = data + 8;

  while (size - offset >= 4) {
    guint16 attribute = ot_get16 (data + offset);
    gsize length = ot_get16 (data + offset + 2);

    if (padded (length) > size - offset - 4)
      return FALSE;
    if (attribute == OT_STUN_FINGERPRINT)
      return length == 4 && offset + 8 == size
             && ot_get32 (data + offset + 4) == (crc32_of (data, offset) ^ FINGERPRINT_XOR);
    read_attribute (out, attribute, offset, length);
    offset += 4 + padded (length);
  }
  return FALSE;
}

gboolean
ot_stun_is_authentic (const OtStun *self, const char *password)
{
  guint8 digest[INTEGRITY_SIZE];
  guint8 difference = 0;

  if (self->integrity_offset == 0)
    return FALSE;
  integrity_of (self->data, self->integrity_offset, password, digest);
  for (gsize i = 0; i < INTEGRITY_SIZE; i++)
    difference |= digest[i] ^ self->data[self->integrity_offset + 4 + i];
  return difference == 0;
}

void
ot_stun_begin (OtStunWriter *self, OtStunType type, const guint8 transaction[OT_STUN_TRANSACTION])
{
  ot_set16 (self->data, (guint16)type);
  ot_set16 (self->data + 2, 0);
  ot_set32 (self->data + 4, MAGIC_COOKIE);
  memcpy (self->data + 8, transaction, OT_STUN_TRANSACTION);
  self->size = HEADER_SIZE;
}

void
ot_stun_put (OtStunWriter *self, OtStunAttribute attribute, const void *value, gsize size)
{
  guint8 *at = self->data + self->size;

  g_assert (self->size + 4 + padded (size) <= OT_STUN_MAX);
  ot_set16 (at, (guint16)attribute);
  ot_set16 (at + 2, (guint16)size);
  memset (at + 4, 0, padded (size));
  if (size > 0)
    memcpy (at + 4, value, size);
  self->size += 4 + padded (size);
  ot_set16 (self->data + 2, (guint16)(self->size - HEADER_SIZE));
}

void
ot_stun_put_mapped (OtStunWriter *self, const OtAddress *address)
{
  guint8 value[20] = { 0 };
  gsize size;
  const guint8 *host = ot_address_get_bytes (address, &size);

  value[1] = size == 4 ? 1 : 2;
  ot_set16 (value + 2, ot_address_get_port (address) ^ (guint16)(MAGIC_COOKIE >> 16));
  memcpy (value + 4, host, size);
  mix_address (value + 4, size, self->data);
  ot_stun_put (self, OT_STUN_XOR_MAPPED_ADDRESS, value, 4 + size);
}

/* The reason is for people's eyes and may be cut; the code is for programs. */
void
ot_stun_put_error (OtStunWriter *self, int code, const char *reason, gsize room)
{
  guint8 value[4 + OT_STUN_REASON_MAX] = { 0 };
  gsize length = MIN (strlen (reason), room);

  g_assert (room <= OT_STUN_REASON_MAX);
  value[2] = (guint8)(code / 100);
  value[3] = (guint8)(code % 100);
  memcpy (value + 4, reason, length);
  ot_stun_put (self, OT_STUN_ERROR_CODE, value, 4 + length);
}

static void
put_fingerprint (OtStunWriter *self)
{
  guint8 crc[4] = { 0 };

  ot_stun_put (self, OT_STUN_FINGERPRINT, crc, sizeof crc);
  ot_set32 (self->data + self->size - 4, crc32_of (self->data, self->size - 8) ^ FINGERPRINT_XOR);
}

void
ot_stun_finish (OtStunWriter *self, const char *password)
{
  guint8 digest[INTEGRITY_SIZE];

  if (password != NULL) {
    integrity_of (self->data, self->size, password, digest);
    ot_stun_put (self, OT_STUN_INTEGRITY, digest, sizeof digest);
  }
  put_fingerprint (self);
}
