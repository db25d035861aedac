/* Sockets and batches. With one socket the thread sleeps in recvmmsg() itself; with two a poll()
 * goes before it. */

#include "udp-port.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "media-error.h"
#include "media-log.h"

#define BUFFER_BYTES (4 * 1024 * 1024)
#define FAMILIES 2
#define TRIES 16 /* to find a number that is free on both families */

typedef struct {
  int fd;            /* owned */
  OtAddress address; /* bound to */
  struct iovec vectors[OT_UDP_BATCH];
  struct mmsghdr out[OT_UDP_BATCH];
  guint n_out;
  guint n_refused; /* by the system, since the last ot_udp_port_flush() */
} Socket;

struct _OtUdpPort {
  Socket sockets[FAMILIES];
  guint n_sockets;
  guint turn;     /* which of them is read first */
  OtAddress self; /* where we reach the first of them */
  OtDatagram slots[OT_UDP_BATCH];
  struct iovec vectors[OT_UDP_BATCH];
  struct mmsghdr in[OT_UDP_BATCH];
  guint8 control[CMSG_SPACE (sizeof (struct timespec))]; /* of the first of a batch */
};

/* ---- opening ---- */

static void
set_options (int fd, int family)
{
  const struct timeval patience = { .tv_sec = OT_UDP_PATIENCE_US / G_USEC_PER_SEC };
  const int buffer_bytes = BUFFER_BYTES;
  const int on = 1;

  /* A large receive buffer is what carries voice over a moment in which set-up work has the CPU. */
  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt (fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (family == AF_INET6)
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

static gboolean
open_socket (OtUdpPort *self, const OtAddress *host, guint16 number)
{
  Socket *socket_ = &self->sockets[self->n_sockets];
  socklen_t size = sizeof socket_->address;
  int failure;

  socket_->address = *host;
  ot_address_set_port (&socket_->address, number);
  socket_->fd = socket (host->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_->fd < 0)
    return FALSE;
  set_options (socket_->fd, host->any.sa_family);
  if (bind (socket_->fd, &socket_->address.any, ot_address_get_size (host)) == 0
      && getsockname (socket_->fd, &socket_->address.any, &size) == 0) {
    self->n_sockets++;
    return TRUE;
  }
  failure = errno;
  close (socket_->fd);
  errno = failure;
  return FALSE;
}

static void
close_sockets (OtUdpPort *self)
{
  while (self->n_sockets > 0)
    close (self->sockets[--self->n_sockets].fd);
}

/* Returns: (nullable): which of @hosts could not be bound; errno says why. */
static const OtAddress *
open_sockets (OtUdpPort *self, const OtAddressList *hosts, guint16 number)
{
  for (guint i = 0; i < hosts->n; i++) {
    if (!open_socket (self, &hosts->list[i], number))
      return &hosts->list[i];
    number = ot_udp_port_get_number (self);
  }
  return NULL;
}

static void
find_self (OtUdpPort *self)
{
  self->self = self->sockets[0].address;
  if (self->self.any.sa_family == AF_INET && self->self.v4.sin_addr.s_addr == INADDR_ANY)
    self->self.v4.sin_addr.s_addr = g_htonl (INADDR_LOOPBACK);
  if (self->self.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED (&self->self.v6.sin6_addr))
    self->self.v6.sin6_addr = in6addr_loopback;
}

static void
prepare_vectors (OtUdpPort *self)
{
  for (guint i = 0; i < OT_UDP_BATCH; i++) {
    self->vectors[i] = (struct iovec){ self->slots[i].data, OT_UDP_DATAGRAM_MAX };
    self->in[i].msg_hdr.msg_iov = &self->vectors[i];
    self->in[i].msg_hdr.msg_iovlen = 1;
    for (guint k = 0; k < FAMILIES; k++) {
      self->sockets[k].out[i].msg_hdr.msg_iov = &self->sockets[k].vectors[i];
      self->sockets[k].out[i].msg_hdr.msg_iovlen = 1;
    }
  }
}

OtUdpPort *
ot_udp_port_open (const OtAddressList *hosts, guint16 number, GError **error)
{
  OtUdpPort *self = g_new0 (OtUdpPort, 1);
  guint n_tries = number == 0 ? TRIES : 1;
  const OtAddress *bad;
  g_autofree char *host = NULL;
  int failure = 0;

  g_assert (hosts->n >= 1 && hosts->n <= FAMILIES);
  prepare_vectors (self);
  for (guint i = 0; i < n_tries; i++) {
    bad = open_sockets (self, hosts, number);
    if (bad == NULL) {
      find_self (self);
      return self;
    }
    failure = errno;
    close_sockets (self);
    if (failure != EADDRINUSE)
      break;
  }
  host = ot_address_to_string (bad);
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_START,
               "cannot listen for media on %s, UDP port %u: %s", host, number,
               g_strerror (failure));
  g_free (self);
  return NULL;
}

void
ot_udp_port_close (OtUdpPort *self)
{
  close_sockets (self);
  g_free (self);
}

guint16
ot_udp_port_get_number (const OtUdpPort *self)
{
  return ot_address_get_port (&self->sockets[0].address);
}

/* ---- receiving ---- */

static gint64
read_stamp (struct msghdr *message)
{
  struct cmsghdr *control = CMSG_FIRSTHDR (message);
  struct timespec stamp;

  if (control == NULL || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
    return 0;
  memcpy (&stamp, CMSG_DATA (control), sizeof stamp);
  return (gint64)stamp.tv_sec * G_USEC_PER_SEC + stamp.tv_nsec / 1000;
}

/* Returns: how many there are now. Of the first that this takes the kernel is asked when it came;
 * the others came later. */
static guint
take (OtUdpPort *self, int fd, guint n_before, int flags, gint64 *came_wall_us)
{
  struct mmsghdr *first = &self->in[n_before];
  int n;

  for (guint i = n_before; i < OT_UDP_BATCH; i++) {
    self->in[i].msg_hdr.msg_name = &self->slots[i].from;
    self->in[i].msg_hdr.msg_namelen = sizeof self->slots[i].from;
    self->in[i].msg_hdr.msg_flags = 0;
  }
  first->msg_hdr.msg_control = self->control;
  first->msg_hdr.msg_controllen = sizeof self->control;
  n = recvmmsg (fd, first, OT_UDP_BATCH - n_before, flags, NULL);
  if (n < 0 && errno != EINTR && errno != EAGAIN)
    ot_warning ("receiving failed: %s", g_strerror (errno));
  for (int i = 0; i < n; i++) {
    gboolean is_cut = (first[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;

    self->slots[n_before + (guint)i].size = is_cut ? 0 : first[i].msg_len;
  }
  if (n > 0 && n_before == 0)
    *came_wall_us = read_stamp (&first->msg_hdr);
  first->msg_hdr.msg_control = NULL;
  first->msg_hdr.msg_controllen = 0;
  return n_before + (guint)MAX (n, 0);
}

/* By turns: a flood of one family may fill a batch, and the next one is the other's. */
static guint
take_from_all (OtUdpPort *self, gint64 *came_wall_us)
{
  struct pollfd waiting[FAMILIES];
  guint n = 0;

  for (guint i = 0; i < self->n_sockets; i++)
    waiting[i] = (struct pollfd){ .fd = self->sockets[i].fd, .events = POLLIN };
  if (poll (waiting, self->n_sockets, OT_UDP_PATIENCE_US / 1000) <= 0)
    return 0;
  self->turn++;
  for (guint i = 0; i < self->n_sockets && n < OT_UDP_BATCH; i++) {
    struct pollfd *next = &waiting[(self->turn + i) % self->n_sockets];

    if (next->revents != 0)
      n = take (self, next->fd, n, MSG_DONTWAIT, came_wall_us);
  }
  return n;
}

guint
ot_udp_port_receive (OtUdpPort *self, OtDatagram **batch, gint64 *came_wall_us)
{
  *batch = self->slots;
  *came_wall_us = 0;
  return self->n_sockets == 1 ? take (self, self->sockets[0].fd, 0, MSG_WAITFORONE, came_wall_us)
                              : take_from_all (self, came_wall_us);
}

/* An empty datagram to ourselves, so that who sleeps needs to look at nothing but its socket. Were
 * it lost, a buffer would be full, of what came or of what goes out because something came, and the
 * thread awake; at the worst it wakes after OT_UDP_PATIENCE_US. */
void
ot_udp_port_wake (OtUdpPort *self)
{
  ot_udp_port_send (self, &self->self, (const guint8 *)"", 0);
}

gboolean
ot_udp_port_is_wake (const OtUdpPort *self, const OtDatagram *datagram)
{
  return datagram->size == 0 && ot_address_equal (&datagram->from, &self->self);
}

/* ---- sending ---- */

/* Returns: (nullable): NULL: we are not on that family. */
static Socket *
socket_for (OtUdpPort *self, const OtAddress *to)
{
  for (guint i = 0; i < self->n_sockets; i++)
    if (self->sockets[i].address.any.sa_family == to->any.sa_family)
      return &self->sockets[i];
  return NULL;
}

/* A socket that can't take more now drops. An error is of one packet, not of the rest. */
static void
flush (Socket *self)
{
  guint done = 0;

  while (done < self->n_out) {
    int sent = sendmmsg (self->fd, self->out + done, self->n_out - done, MSG_DONTWAIT);

    if (sent < 0 && errno == EINTR)
      continue;
    done += sent > 0 ? (guint)sent : 1;
    self->n_refused += sent < 0;
  }
  self->n_out = 0;
}

guint
ot_udp_port_flush (OtUdpPort *self)
{
  guint n_refused = 0;

  for (guint i = 0; i < self->n_sockets; i++) {
    flush (&self->sockets[i]);
    n_refused += self->sockets[i].n_refused;
    self->sockets[i].n_refused = 0;
  }
  return n_refused;
}

void
ot_udp_port_queue (OtUdpPort *self, OtAddress *to, guint8 *data, gsize size)
{
  Socket *by = socket_for (self, to);
  struct msghdr *message;

  g_return_if_fail (by != NULL); /* who came from there came by it */
  if (by->n_out == OT_UDP_BATCH)
    flush (by);
  message = &by->out[by->n_out].msg_hdr;
  message->msg_name = to;
  message->msg_namelen = ot_address_get_size (to);
  message->msg_iov->iov_base = data;
  message->msg_iov->iov_len = size;
  by->n_out++;
}

void
ot_udp_port_send (OtUdpPort *self, const OtAddress *to, const guint8 *data, gsize size)
{
  Socket *by = socket_for (self, to);

  if (by != NULL)
    sendto (by->fd, data, size, MSG_DONTWAIT, &to->any, ot_address_get_size (to));
}
