/* The media thread by itself: endpoints with keys of the test's own, clients that are bare sockets,
 * and a clock that stands until the test moves it. */

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "feeder.h"
#include "forwarder.h"
#include "stun.h"
#include "udp-port.h"

#define CONSENT_US (30 * G_USEC_PER_SEC)
#define PATIENCE_S 30
#define PAYLOAD 40
#define RTP_SIZE (12 + PAYLOAD)

/* A leg and its client. */
typedef struct {
  OtSide side;
  OtIceCredentials credentials;
  OtEndpoint *endpoint;
  OtSrtp *srtp; /* the client's */
  int socket;
  guint32 ssrc;
  guint16 sequence;
  int n_expired; /* the media thread's, as the following */
  guint n_dtls;
  guint n_witnessed;
  OtFeeder *feeder; /* (nullable): gets all of it, as of a leg */
  GObject *object;
  OtNews news;
  guint n_fed[OT_INPUT_RTP + 1]; /* of these: taken by the feeder */
} Leg;

typedef struct {
  OtClock clock; /* first */
  _Atomic gint64 now_us;
  OtAddress server;
  OtForwarder *forwarder;
  OtRelay *relay;
  Leg *legs[OT_N_SIDES];
  OtRelay *other_relay;
  Leg *watch; /* of another call: what it asks is answered after all that came before */
} Fixture;

/* ---- what is allocated and locked, and by whom ---- */

static _Atomic pid_t watched_thread;
static atomic_uint n_allocations; /* that thread's */
static atomic_uint n_locks; /* the same; by our code, GStreamer's and OpenSSL's, not GLib's own */

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define ALL_IS_COUNTED 1

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *old, size_t size);

static void
count (atomic_uint *n)
{
  pid_t watched = atomic_load (&watched_thread);

  if (watched != 0 && watched == gettid ())
    (*n)++;
}

void *
malloc (size_t size)
{
  count (&n_allocations);
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  count (&n_allocations);
  return __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  count (&n_allocations);
  return __libc_realloc (old, size);
}

/* Each stands in front of its library's own. */
#define COUNT_LOCK(type, name, parameters, arguments)                                              \
  type name parameters                                                                             \
  {                                                                                                \
    static __typeof__ (name) *real;                                                                \
    if (real == NULL)                                                                              \
      real = (__typeof__ (name) *)dlsym (RTLD_NEXT, #name);                                        \
    count (&n_locks);                                                                              \
    return real arguments;                                                                         \
  }

COUNT_LOCK (int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
COUNT_LOCK (int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
COUNT_LOCK (int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
COUNT_LOCK (int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock))
COUNT_LOCK (void, g_mutex_lock, (GMutex * mutex), (mutex))
COUNT_LOCK (gboolean, g_mutex_trylock, (GMutex * mutex), (mutex))
COUNT_LOCK (void, g_rec_mutex_lock, (GRecMutex * mutex), (mutex))
COUNT_LOCK (void, g_rw_lock_reader_lock, (GRWLock * lock), (lock))
COUNT_LOCK (void, g_rw_lock_writer_lock, (GRWLock * lock), (lock))
COUNT_LOCK (void, g_async_queue_push, (GAsyncQueue * queue, gpointer data), (queue, data))
#endif

/* ---- the clock ---- */

static gint64
read_mono (const OtClock *clock)
{
  return atomic_load (&((Fixture *)clock)->now_us);
}

static gint64
read_wall (const OtClock *clock)
{
  return ot_clock_wall_us (ot_clock_real ());
}

/* ---- sockets ---- */

static int
open_socket (void)
{
  const struct timeval patience = { .tv_sec = PATIENCE_S };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  OtAddress here;

  g_assert_true (ot_address_parse (&here, "127.0.0.1", 0));
  g_assert_cmpint (bind (fd, &here.any, ot_address_get_size (&here)), ==, 0);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static void
send_to_server (Fixture *f, int fd, const guint8 *data, gsize size)
{
  g_assert_cmpint (sendto (fd, data, size, 0, &f->server.any, ot_address_get_size (&f->server)), ==,
                   size);
}

/* ---- checks ---- */

static void
send_check (Fixture *f, int fd, const Leg *leg, gboolean nominate)
{
  static const guint8 transaction[OT_STUN_TRANSACTION] = "transaction";
  static const guint8 value[8] = { 1 };
  g_autofree char *user = g_strconcat (leg->credentials.ufrag, ":them", NULL);
  OtStunWriter check;

  ot_stun_begin (&check, OT_STUN_BINDING_REQUEST, transaction);
  ot_stun_put (&check, OT_STUN_USERNAME, user, strlen (user));
  ot_stun_put (&check, OT_STUN_CONTROLLING, value, 8);
  ot_stun_put (&check, OT_STUN_PRIORITY, value, 4);
  if (nominate)
    ot_stun_put (&check, OT_STUN_USE_CANDIDATE, NULL, 0);
  ot_stun_finish (&check, leg->credentials.pwd);
  send_to_server (f, fd, check.data, check.size);
}

/* All that was sent before is handled, and what the thread does after a batch is done. */
static void
wait_until_handled (Fixture *f)
{
  for (guint i = 0; i < 2; i++) {
    guint8 answer[OT_STUN_MAX];

    send_check (f, f->watch->socket, f->watch, TRUE);
    g_assert_cmpint (recv (f->watch->socket, answer, sizeof answer, 0), >, 0);
  }
}

/* Time passes, with a check from each of @n_sockets now and then. */
static void
let_pass (Fixture *f, gint64 us, const Leg *leg, int fd)
{
  for (guint i = 0; i < 4; i++) {
    f->now_us += us / 4;
    send_check (f, fd, leg, FALSE);
    wait_until_handled (f);
  }
}

static gboolean
is_answered (Fixture *f, int fd, const Leg *leg)
{
  guint8 answer[OT_STUN_MAX];

  send_check (f, fd, leg, TRUE);
  wait_until_handled (f);
  return recv (fd, answer, sizeof answer, MSG_DONTWAIT) > 0;
}

/* ---- voice ---- */

static void
say (Fixture *f, Leg *leg)
{
  guint8 packet[RTP_SIZE + OT_SRTP_TRAILER] = { 0x80, 111 };
  gsize size = RTP_SIZE;

  ot_set16 (packet + 2, leg->sequence++);
  ot_set32 (packet + 4, 960u * leg->sequence);
  ot_set32 (packet + 8, leg->ssrc);
  memset (packet + 12, 'v', PAYLOAD);
  g_assert_true (ot_srtp_protect (leg->srtp, packet, &size));
  send_to_server (f, leg->socket, packet, size);
}

/* Reads what lies in the socket. Returns: how many of it were voice; @packet: (out) (optional): the
 * last of these, as it was sent. */
static guint
drain (int fd, guint8 *packet, gsize *size)
{
  guint8 data[2048];
  ssize_t length;
  guint n = 0;

  while ((length = recv (fd, data, sizeof data, MSG_DONTWAIT)) > 0) {
    if (data[0] < 128 || data[1] >= 192)
      continue;
    n++;
    if (packet != NULL) {
      memcpy (packet, data, (gsize)length);
      *size = (gsize)length;
    }
  }
  return n;
}

/* Whether what @from says now arrives at @to's client, who can read it. */
static gboolean
is_heard (Fixture *f, Leg *from, Leg *to)
{
  guint8 packet[2048];
  gsize size = 0;

  wait_until_handled (f);
  drain (to->socket, NULL, NULL);
  say (f, from);
  wait_until_handled (f);
  return drain (to->socket, packet, &size) == 1 && ot_srtp_unprotect (to->srtp, packet, &size);
}

/* ---- life ---- */

static atomic_bool is_held; /* the media thread, in the next DTLS datagram */
static sem_t holds;
static sem_t may_go_on;

static void
wait_for (sem_t *sem)
{
  while (sem_wait (sem) != 0)
    ; /* a signal came */
}

static void
on_nominated (gpointer user_data)
{
  Leg *leg = user_data;

  if (leg->feeder != NULL)
    ot_feeder_tell (leg->feeder, leg->object, &leg->news, OT_INPUT_NOMINATED);
}

static void
on_expired (gpointer user_data)
{
  ((Leg *)user_data)->n_expired++;
}

static void
push (Leg *leg, OtInputKind kind, const guint8 *data, gsize size, gint64 arrival_us)
{
  const OtInput input = { kind, leg->object, arrival_us, data, size };

  if (leg->feeder != NULL)
    leg->n_fed[kind] += ot_feeder_push (leg->feeder, &input) ? 1 : 0;
}

static void
on_dtls (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data)
{
  ((Leg *)user_data)->n_dtls++;
  push (user_data, OT_INPUT_DTLS, data, size, arrival_us);
  if (!atomic_exchange (&is_held, FALSE))
    return;
  sem_post (&holds);
  wait_for (&may_go_on);
}

static void
on_rtp (const guint8 *data, gsize size, gint64 arrival_us, gpointer user_data)
{
  ((Leg *)user_data)->n_witnessed++;
  push (user_data, OT_INPUT_RTP, data, size, arrival_us);
}

static Leg *
leg_new_fed (Fixture *f, OtRelay *relay, OtSide side, OtFeeder *feeder)
{
  static const OtEndpointListener listener = { on_nominated, on_expired, on_dtls, on_rtp };
  Leg *self = g_new0 (Leg, 1);

  self->side = side;
  self->feeder = feeder;
  self->object = g_object_new (G_TYPE_OBJECT, NULL);
  self->socket = open_socket ();
  self->ssrc = side + 1;
  self->sequence = 1000;
  ot_ice_credentials_make (&self->credentials);
  self->endpoint =
      ot_forwarder_add (f->forwarder, relay, side, &self->credentials, &listener, self);
  return self;
}

static Leg *
leg_new (Fixture *f, OtRelay *relay, OtSide side)
{
  return leg_new_fed (f, relay, side, NULL);
}

static OtSrtp *
make_srtp (guint8 receive, guint8 send)
{
  guint8 keys[2][OT_SRTP_KEY_SIZE];
  g_autoptr (GError) error = NULL;
  OtSrtp *srtp;

  memset (keys[0], receive, OT_SRTP_KEY_SIZE);
  memset (keys[1], send, OT_SRTP_KEY_SIZE);
  srtp = ot_srtp_new (keys[0], keys[1], &error);
  g_assert_no_error (error);
  return srtp;
}

/* As if both had shaken hands. */
static void
connect_leg (Fixture *f, Leg *self, guint8 key)
{
  send_check (f, self->socket, self, TRUE);
  wait_until_handled (f);
  self->srtp = make_srtp (key, key + 1);
  ot_forwarder_connect (f->forwarder, self->endpoint, make_srtp (key + 1, key), 111);
}

static void
leg_free (Fixture *f, Leg *self)
{
  ot_forwarder_remove (f->forwarder, self->endpoint);
  g_clear_pointer (&self->srtp, ot_srtp_free);
  g_object_unref (self->object);
  close (self->socket);
  g_free (self);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  OtAddressList here;
  OtForwarderOptions options = {
    .listen = &here, .announced = &here, .consent_us = CONSENT_US, .clock = &f->clock
  };
  g_autoptr (GError) error = NULL;

  f->clock = (OtClock){ read_mono, read_wall };
  f->now_us = G_USEC_PER_SEC;
  g_assert_null (ot_address_list_parse (&here, "127.0.0.1"));
  f->forwarder = ot_forwarder_new (&options, &error);
  g_assert_no_error (error);
  f->server = ot_forwarder_get_announced (f->forwarder)->list[0];
  f->other_relay = ot_relay_new ();
  f->watch = leg_new (f, f->other_relay, OT_SIDE_CALLER);
  f->relay = ot_relay_new ();
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++) {
    f->legs[side] = leg_new (f, f->relay, side);
    connect_leg (f, f->legs[side], (guint8)(16 * (side + 1)));
    drain (f->legs[side]->socket, NULL, NULL);
  }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (OtSide side = OT_SIDE_CALLER; side < OT_N_SIDES; side++)
    leg_free (f, f->legs[side]);
  leg_free (f, f->watch);
  ot_forwarder_free (f->forwarder);
  ot_relay_free (f->relay);
  ot_relay_free (f->other_relay);
}

/* ---- consent ---- */

/* Checks from another address of the client keep the client, but no consent of the address that
 * voice goes to: whoever can forge a source could have it sent to anybody, for ever. */
static void
test_consent_is_an_addresss (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];
  int elsewhere = open_socket ();

  send_check (f, elsewhere, user, TRUE);
  wait_until_handled (f);
  say (f, otomo);
  wait_until_handled (f);
  g_assert_cmpuint (drain (elsewhere, NULL, NULL), ==, 1);

  let_pass (f, CONSENT_US - 1, user, user->socket);
  send_check (f, otomo->socket, otomo, TRUE);
  let_pass (f, 2 * G_USEC_PER_SEC, user, user->socket);
  say (f, otomo);
  wait_until_handled (f);
  g_assert_cmpuint (drain (elsewhere, NULL, NULL), ==, 0);
  g_assert_cmpint (user->n_expired, ==, 0);
  g_assert_cmpint (otomo->n_expired, ==, 0);

  send_check (f, user->socket, user, TRUE);
  g_assert_true (is_heard (f, otomo, user));
  close (elsewhere);
}

/* Who is checked keeps what he has, and who is not is gone. */
static void
test_consent_ends (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];

  let_pass (f, CONSENT_US - 1, user, user->socket);
  g_assert_true (is_heard (f, user, otomo));
  let_pass (f, 2 * G_USEC_PER_SEC, user, user->socket);
  g_assert_cmpint (otomo->n_expired, ==, 1);
  g_assert_cmpint (user->n_expired, ==, 0);
  g_assert_false (is_heard (f, user, otomo));
}

/* ---- whose an address is ---- */

/* A check may say that it comes from anywhere. What one client's leg is nominated at is no other
 * client's, however good his checks are. */
static void
test_an_address_is_not_taken_away (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];

  g_assert_true (is_heard (f, user, otomo)); /* none of its checks' answers is left */
  drain (user->socket, NULL, NULL);
  g_assert_false (is_answered (f, user->socket, otomo));
  g_assert_false (is_answered (f, user->socket, f->watch));
  g_assert_true (is_heard (f, user, otomo));
  g_assert_true (is_heard (f, otomo, user));

  let_pass (f, CONSENT_US - 1, otomo, otomo->socket);
  let_pass (f, 2 * G_USEC_PER_SEC, otomo, otomo->socket);
  g_assert_cmpint (user->n_expired, ==, 1); /* from here on it is free */
  g_assert_true (is_answered (f, user->socket, f->watch));
}

/* A client may make its new leg on the socket of the old one. */
static void
test_a_leg_on_the_same_socket (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];
  Leg *again = leg_new (f, f->relay, OT_SIDE_CALLER);

  close (again->socket);
  again->socket = dup (user->socket);
  connect_leg (f, again, 64);
  again->ssrc = 77;
  g_assert_true (is_heard (f, again, otomo));
  g_assert_true (is_heard (f, otomo, again));
  leg_free (f, again);
}

/* ---- sequence numbers ---- */

/* SRTP does not send its rollover counter: who has heard nothing yet takes the first packet to be
 * of the first cycle. A leg that comes while the other side's numbers are near their end, and
 * misses the first few, must not be deaf from then on. */
static void
test_a_new_leg_hears_past_the_end_of_the_numbers (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];
  Leg *again;

  user->sequence = 65530;
  g_assert_true (is_heard (f, user, otomo));
  again = leg_new (f, f->relay, OT_SIDE_CALLEE);
  connect_leg (f, again, 64);
  while (user->sequence != 3)
    say (f, user);
  wait_until_handled (f);
  g_assert_cmpuint (drain (again->socket, NULL, NULL), ==, 8); /* lost */
  for (guint i = 0; i < 3; i++)
    g_assert_true (is_heard (f, user, again));
  leg_free (f, again);
}

/* ---- too much ---- */

/* Authentic, and more than any voice has: it costs the others nothing beyond its coming, and the
 * listener nothing; with time it is a voice again. */
static void
test_a_flood_is_not_forwarded (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];
  const OtForwarderFigures *figures = ot_forwarder_get_figures (f->forwarder);
  guint n = 0;

  f->now_us += G_USEC_PER_SEC; /* what connecting needed is forgotten */
  for (guint i = 0; i < 4 * OT_LEG_PACKETS_AT_ONCE; i++) {
    say (f, user);
    if (i % 50 != 0)
      continue;
    wait_until_handled (f);
    n += drain (otomo->socket, NULL, NULL);
  }
  wait_until_handled (f);
  n += drain (otomo->socket, NULL, NULL);
  g_assert_cmpuint (n, ==, OT_LEG_PACKETS_AT_ONCE);
  g_assert_cmpuint (ot_counter_get (&figures->dropped[OT_DROP_FLOOD]), ==,
                    3 * OT_LEG_PACKETS_AT_ONCE);
  g_assert_cmpuint (user->n_witnessed, ==, OT_LEG_PACKETS_AT_ONCE); /* nor costs it the probe */
  g_assert_true (is_heard (f, otomo, user));
  g_assert_false (is_answered (f, user->socket, user)); /* his checks are of the same share */
  f->now_us += G_USEC_PER_SEC;
  for (guint i = 0; i < 50; i++) /* what a second of voice has */
    g_assert_true (is_heard (f, user, otomo));
}

/* Nor are a client's good checks answered without end. */
static void
test_a_flood_of_checks (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  guint8 answer[OT_STUN_MAX];
  guint n = 0;

  f->now_us += G_USEC_PER_SEC;
  for (guint i = 0; i < 2 * OT_LEG_PACKETS_AT_ONCE; i++) {
    send_check (f, user->socket, user, FALSE);
    if (i % 50 == 49)
      wait_until_handled (f);
    while (recv (user->socket, answer, sizeof answer, MSG_DONTWAIT) > 0)
      n++;
  }
  g_assert_cmpuint (n, ==, OT_LEG_PACKETS_AT_ONCE);
  f->now_us += G_USEC_PER_SEC;
  g_assert_true (is_answered (f, user->socket, user));
}

/* DTLS is nobody's yet: it has a share of its own, and what a handshake needs it has again soon. */
static void
test_a_flood_of_dtls (Fixture *f, gconstpointer data)
{
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *otomo = f->legs[OT_SIDE_CALLEE];

  for (guint i = 0; i < 4 * OT_LEG_DTLS_AT_ONCE; i++) {
    send_to_server (f, user->socket, (const guint8[13]){ 22, 254, 253 }, 13);
    if (i % 50 == 49)
      wait_until_handled (f);
  }
  wait_until_handled (f);
  g_assert_cmpuint (user->n_dtls, ==, OT_LEG_DTLS_AT_ONCE);
  g_assert_true (is_heard (f, user, otomo));
  f->now_us += OT_LEG_DTLS_PERIOD_US / 10;
  for (guint i = 0; i < OT_LEG_DTLS_AT_ONCE / 10; i++)
    send_to_server (f, user->socket, (const guint8[13]){ 22, 254, 253 }, 13);
  wait_until_handled (f);
  g_assert_cmpuint (user->n_dtls, ==, OT_LEG_DTLS_AT_ONCE + OT_LEG_DTLS_AT_ONCE / 10);
}

/* ---- the thread ---- */

static pid_t
find_media_thread (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *number;

  while ((number = g_dir_read_name (tasks)) != NULL) {
    g_autofree char *path = g_build_filename ("/proc/self/task", number, "comm", NULL);
    g_autofree char *name = NULL;

    if (g_file_get_contents (path, &name, NULL, NULL) && strcmp (name, "otomo-media\n") == 0)
      return (pid_t)atoi (number);
  }
  g_assert_not_reached ();
}

static void
say_rtcp (Fixture *f, Leg *leg)
{
  guint8 report[32 + OT_SRTP_TRAILER] = { 0x81, 201, 0, 7 };
  gsize size = 32;

  ot_set32 (report + 4, leg->ssrc);
  g_assert_true (ot_srtp_protect_rtcp (leg->srtp, report, &size));
  send_to_server (f, leg->socket, report, size);
}

/* As far as the system lets any thread of ours. */
static gpointer
raise_priority (gpointer out)
{
  const id_t thread = (id_t)gettid ();

  setpriority (PRIO_PROCESS, thread, -10);
  *(int *)out = getpriority (PRIO_PROCESS, thread);
  return NULL;
}

static void
test_the_thread_goes_first (Fixture *f, gconstpointer data)
{
  int allowed;

  wait_until_handled (f); /* it has begun */
  g_thread_join (g_thread_new ("another", raise_priority, &allowed));
  g_assert_cmpint (getpriority (PRIO_PROCESS, (id_t)find_media_thread ()), ==, allowed);
}

static void
begin_counting (pid_t thread)
{
  atomic_store (&watched_thread, thread);
  n_allocations = 0;
  n_locks = 0;
}

static void
send_dtls (Fixture *f, const Leg *leg)
{
  send_to_server (f, leg->socket, (const guint8[13]){ 22, 254, 253 }, 13);
}

static void
say_all_there_is (Fixture *f, Leg *leg, guint round)
{
  Leg stranger = { .credentials = { "nobody-s", "nobody-s-password-nobody" } };

  say_rtcp (f, leg);
  send_to_server (f, leg->socket, (const guint8[20]){ 0x80, 111 }, 20);
  send_check (f, leg->socket, leg, round % 50 == 0);
  send_check (f, leg->socket, &stranger, TRUE);
  send_dtls (f, leg);
}

static atomic_uint n_delivered[OT_INPUT_RTP + 1];

static void
deliver (const OtInput *input)
{
  atomic_fetch_add (&n_delivered[input->kind], 1);
}

/* From its first check, through voice that comes before its keys, to voice: @leg's client is heard
 * by
 * @other's. */
static void
join_early (Fixture *f, Leg *leg, Leg *other)
{
  leg->srtp = make_srtp (64, 65);
  send_check (f, leg->socket, leg, TRUE);
  wait_until_handled (f);
  send_dtls (f, leg);
  for (guint i = 0; i < OT_EARLY_PACKETS; i++)
    say (f, leg);
  wait_until_handled (f);
  ot_forwarder_connect (f->forwarder, leg->endpoint, make_srtp (65, 64), 111);
  wait_until_handled (f);
  g_assert_cmpuint (drain (other->socket, NULL, NULL), ==, OT_EARLY_PACKETS);
}

/* Voice, reports, checks, DTLS and noise, as in any call, from a leg's first check on, and all that
 * goes to the feeder: the media thread asks for no memory, and takes no lock. */
static void
test_a_packet_takes_no_memory_and_no_lock (Fixture *f, gconstpointer data)
{
  OtFeeder *feeder = ot_feeder_new (deliver);
  Leg *otomo = f->legs[OT_SIDE_CALLEE];
  Leg *user = leg_new_fed (f, f->relay, OT_SIDE_CALLER, feeder);
  GMutex lock = { 0 };
  guint n_heard = 0;

  begin_counting (gettid ());
  g_free (g_malloc (1));
  g_mutex_lock (&lock);
  g_mutex_unlock (&lock);
#ifdef ALL_IS_COUNTED
  g_assert_cmpuint (n_allocations, >, 0);
  g_assert_cmpuint (n_locks, >, 0);
#endif
  begin_counting (find_media_thread ());
  join_early (f, user, otomo);
  for (guint i = 0; i < 500; i++) {
    say (f, user);
    say (f, otomo);
    if (i % 25 == 0) {
      say_all_there_is (f, user, i);
      wait_until_handled (f);
      n_heard += drain (user->socket, NULL, NULL) + drain (otomo->socket, NULL, NULL);
    }
  }
  wait_until_handled (f);
  n_heard += drain (user->socket, NULL, NULL) + drain (otomo->socket, NULL, NULL);
  g_assert_cmpuint (n_heard, ==, 1000);
  g_assert_cmpuint (n_allocations, ==, 0);
  g_assert_cmpuint (n_locks, ==, 0);
  atomic_store (&watched_thread, 0);
  g_assert_cmpuint (user->n_dtls, ==, 21);
  g_assert_cmpuint (user->n_witnessed, ==, 500 + OT_EARLY_PACKETS);
  ot_feeder_free (feeder);
  g_assert_cmpuint (n_delivered[OT_INPUT_NOMINATED], ==, 1);
  g_assert_cmpuint (n_delivered[OT_INPUT_DTLS], ==, user->n_fed[OT_INPUT_DTLS]);
  g_assert_cmpuint (n_delivered[OT_INPUT_RTP], ==, user->n_fed[OT_INPUT_RTP]);
  g_assert_cmpuint (user->n_fed[OT_INPUT_RTP], >=, OT_INPUT_RING_SLOTS / 2);
  leg_free (f, user);
}

/* ---- orders ---- */

static atomic_bool victim_stands; /* in its signal handler */
static atomic_bool victim_may_go_on;
static atomic_bool victim_is_done;

static void
on_signal (int number)
{
  int before = errno;

  atomic_store (&victim_stands, TRUE);
  while (!atomic_load (&victim_may_go_on))
    poll (NULL, 0, 1);
  atomic_store (&victim_stands, FALSE);
  errno = before;
}

typedef struct {
  Fixture *f;
  Leg *leg;
} Victim;

static gpointer
ask_without_end (gpointer data)
{
  const Victim *self = data;

  while (!atomic_load (&victim_is_done)) {
    for (guint i = 0; i < 10000; i++)
      ot_forwarder_is_up (self->f->forwarder, self->f->other_relay, 0);
    for (guint i = 0; i < 100; i++)
      ot_forwarder_send (self->f->forwarder, self->leg->endpoint, (const guint8 *)"\x16", 1);
    ot_forwarder_record (self->f->forwarder, self->f->other_relay, NULL);
  }
  return NULL;
}

/* Wherever another thread is stopped while it asks for something, voice goes on, and so does what
 * others ask for. */
static void
test_who_is_stopped_stops_nobody (Fixture *f, gconstpointer data)
{
  const struct sigaction action = { .sa_handler = on_signal };
  Leg *leg = leg_new (f, f->other_relay, OT_SIDE_CALLEE);
  Victim victim = { f, leg };
  pthread_t thread;

  sigaction (SIGUSR1, &action, NULL);
  atomic_store (&victim_is_done, FALSE);
  g_assert_cmpint (pthread_create (&thread, NULL, ask_without_end, &victim), ==, 0);
  for (guint i = 0; i < 200; i++) {
    atomic_store (&victim_may_go_on, FALSE);
    pthread_kill (thread, SIGUSR1);
    while (!atomic_load (&victim_stands))
      poll (NULL, 0, 0);
    g_assert_true (is_heard (f, f->legs[OT_SIDE_CALLER], f->legs[OT_SIDE_CALLEE]));
    ot_forwarder_record (f->forwarder, f->relay, NULL);
    atomic_store (&victim_may_go_on, TRUE);
    while (atomic_load (&victim_stands))
      poll (NULL, 0, 0);
    if (i % 10 == 0)
      f->now_us += G_USEC_PER_SEC; /* its voice has a share */
  }
  atomic_store (&victim_is_done, TRUE);
  pthread_join (thread, NULL);
  leg_free (f, leg);
}

/* Returns: how many datagrams of ours lie in @fd. */
static guint
drain_dtls (int fd)
{
  guint8 data[2048];
  ssize_t length;
  guint n = 0;

  while ((length = recv (fd, data, sizeof data, MSG_DONTWAIT)) > 0)
    n += data[0] == 22 && length == 3;
  return n;
}

static gpointer
record_nothing (gpointer data)
{
  Fixture *f = data;

  ot_forwarder_record (f->forwarder, f->relay, NULL);
  return NULL;
}

/* What we send goes to the nominated address; there is nothing to wait for, and a number of it that
 * may wait. What is to be done when the call returns is done after it. */
static void
test_a_thread_that_is_behind (Fixture *f, gconstpointer data)
{
  const OtForwarderFigures *figures = ot_forwarder_get_figures (f->forwarder);
  Leg *user = f->legs[OT_SIDE_CALLER];
  Leg *nowhere = leg_new (f, f->relay, OT_SIDE_CALLER);
  const guint8 dtls[3] = { 22, 254, 253 };
  GThread *asker;

  sem_init (&holds, 0, 0);
  sem_init (&may_go_on, 0, 0);
  atomic_store (&is_held, TRUE);
  send_dtls (f, user);
  wait_for (&holds);
  ot_forwarder_send (f->forwarder, nowhere->endpoint, dtls, sizeof dtls);
  for (guint i = 0; i < OT_FORWARDER_SENDS_MAX + 10; i++)
    ot_forwarder_send (f->forwarder, user->endpoint, dtls, sizeof dtls);
  g_assert_cmpuint (ot_counter_get (&figures->dropped[OT_DROP_BEHIND]), ==, 11);
  asker = g_thread_new ("asker", record_nothing, f);
  g_assert_cmpuint (drain_dtls (user->socket), ==, 0);
  sem_post (&may_go_on);
  g_thread_join (asker);
  g_assert_cmpuint (drain_dtls (user->socket), ==, OT_FORWARDER_SENDS_MAX - 1);
  ot_forwarder_send (f->forwarder, user->endpoint, dtls, sizeof dtls);
  record_nothing (f);
  g_assert_cmpuint (drain_dtls (user->socket), ==, 1);
  leg_free (f, nowhere);
}

static void
test_both_are_up (Fixture *f, gconstpointer data)
{
  gint64 since_us = f->now_us;
  Leg *again;

  g_assert_true (ot_forwarder_is_up (f->forwarder, f->relay, since_us));
  g_assert_false (ot_forwarder_is_up (f->forwarder, f->relay, since_us - 1));
  g_assert_false (ot_forwarder_is_up (f->forwarder, f->other_relay, since_us));
  f->now_us += G_USEC_PER_SEC;
  again = leg_new (f, f->relay, OT_SIDE_CALLER);
  g_assert_true (ot_forwarder_is_up (f->forwarder, f->relay, since_us));
  connect_leg (f, again, 64);
  g_assert_false (ot_forwarder_is_up (f->forwarder, f->relay, since_us));
  g_assert_true (ot_forwarder_is_up (f->forwarder, f->relay, f->now_us));
  leg_free (f, again);
  g_assert_false (ot_forwarder_is_up (f->forwarder, f->relay, f->now_us));
}

/* What wakes the thread for an order is nobody's datagram. */
static void
test_orders_are_no_packets (Fixture *f, gconstpointer data)
{
  const OtForwarderFigures *figures = ot_forwarder_get_figures (f->forwarder);
  guint64 before;

  wait_until_handled (f);
  before = ot_counter_get (&figures->received);
  for (guint i = 0; i < 50; i++)
    record_nothing (f);
  wait_until_handled (f);
  g_assert_cmpuint (ot_counter_get (&figures->received) - before, ==, 2);
  g_assert_cmpuint (ot_counter_get (&figures->dropped[OT_DROP_MALFORMED]), ==, 0);
}

/* ---- the port ---- */

/* Who floods it on one family has nothing more than a turn before the other family. */
static void
test_no_family_waits_for_the_other (void)
{
  g_autoptr (GError) error = NULL;
  OtDatagram *batch;
  OtAddressList hosts;
  OtUdpPort *port;
  gint64 came_us;

  g_assert_null (ot_address_list_parse (&hosts, "127.0.0.1 ::1"));
  port = ot_udp_port_open (&hosts, 0, &error);
  g_assert_no_error (error);
  for (guint quiet = 0; quiet < 2; quiet++) {
    gboolean is_there = FALSE;
    guint n_come = 0;

    for (guint i = 0; i < hosts.n; i++)
      ot_address_set_port (&hosts.list[i], ot_udp_port_get_number (port));
    for (guint i = 0; i < 3 * OT_UDP_BATCH; i++)
      ot_udp_port_send (port, &hosts.list[1 - quiet], (const guint8 *)"loud", 4);
    ot_udp_port_send (port, &hosts.list[quiet], (const guint8 *)"quiet", 5);
    for (guint turn = 0; turn < 2; turn++) {
      guint n = ot_udp_port_receive (port, &batch, &came_us);

      for (guint i = 0; i < n; i++)
        is_there |= batch[i].size == 5;
      n_come += n;
    }
    g_assert_true (is_there);
    while (n_come < 3 * OT_UDP_BATCH + 1)
      n_come += ot_udp_port_receive (port, &batch, &came_us);
  }
  ot_udp_port_close (port);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/forwarder/consent-is-an-addresss", test_consent_is_an_addresss);
  add ("/forwarder/consent-ends", test_consent_ends);
  add ("/forwarder/an-address-is-not-taken-away", test_an_address_is_not_taken_away);
  add ("/forwarder/a-leg-on-the-same-socket", test_a_leg_on_the_same_socket);
  add ("/forwarder/a-new-leg-hears-past-the-end-of-the-numbers",
       test_a_new_leg_hears_past_the_end_of_the_numbers);
  add ("/forwarder/a-flood-is-not-forwarded", test_a_flood_is_not_forwarded);
  add ("/forwarder/a-flood-of-checks", test_a_flood_of_checks);
  add ("/forwarder/a-flood-of-dtls", test_a_flood_of_dtls);
  add ("/forwarder/the-thread-goes-first", test_the_thread_goes_first);
  add ("/forwarder/a-packet-takes-no-memory-and-no-lock",
       test_a_packet_takes_no_memory_and_no_lock);
  add ("/forwarder/who-is-stopped-stops-nobody", test_who_is_stopped_stops_nobody);
  add ("/forwarder/a-thread-that-is-behind", test_a_thread_that_is_behind);
  add ("/forwarder/both-are-up", test_both_are_up);
  add ("/forwarder/orders-are-no-packets", test_orders_are_no_packets);
  g_test_add_func ("/udp-port/no-family-waits-for-the-other", test_no_family_waits_for_the_other);
  return g_test_run ();
}
