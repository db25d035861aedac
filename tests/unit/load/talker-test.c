/* The load client's talker against an agent that isn't lite: it is checked as it checks. */

#include "talker.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sdp.h"
#include "stun.h"

#define PASSWORD "passwordpasswordpassword"

static const guint8 TRANSACTION[OT_STUN_TRANSACTION] = "abcdefghijkl";
static const char ANSWER[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 127.0.0.1\r\na=ice-ufrag:full\r\n"
    "a=ice-pwd:" PASSWORD "\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=mid:0\r\n"
    "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=candidate:1 1 UDP 2130706431 127.0.0.1 %u typ host\r\n";

static char *
value_of (const char *sdp, const char *line)
{
  const char *at = strstr (sdp, line) + strlen (line);

  return g_strndup (at, strcspn (at, "\r\n"));
}

static void
read_from (int server, OtStun *out, guint8 *data, OtAddress *from)
{
  socklen_t length = sizeof *from;
  gssize size = recvfrom (server, data, OT_STUN_MAX, 0, &from->any, &length);

  g_assert_cmpint (size, >, 0);
  g_assert_true (ot_stun_read (out, data, (gsize)size));
}

/* What the peer of a full agent gets from it (RFC 8445, 7.2.4). */
static void
send_check_to (int server, const OtAddress *to, const char *user, const char *password)
{
  OtStunWriter check;

  ot_stun_begin (&check, OT_STUN_BINDING_REQUEST, TRANSACTION);
  ot_stun_put (&check, OT_STUN_USERNAME, user, strlen (user));
  ot_stun_finish (&check, password);
  g_assert_cmpint (sendto (server, check.data, check.size, 0, &to->any, ot_address_get_size (to)),
                   ==, (gssize)check.size);
}

static void
test_answers_checks (void)
{
  g_autoptr (GError) error = NULL;
  LoadIdentity *identity = load_identity_new (&error);
  LoadTalker *talker = load_talker_new (identity, 1, 2, 120);
  g_autofree char *offer = load_talker_write_offer (talker);
  g_autofree char *ufrag = value_of (offer, "a=ice-ufrag:");
  g_autofree char *pwd = value_of (offer, "a=ice-pwd:");
  g_autofree char *fingerprint = value_of (offer, "a=fingerprint:sha-256 ");
  g_autofree char *user = g_strconcat (ufrag, ":full", NULL);
  g_autofree LoadInbox *inbox = g_new0 (LoadInbox, 1);
  g_autofree LoadTally *tally = g_new0 (LoadTally, 1);
  g_autofree char *answer = NULL;
  const struct timeval deadline = { .tv_sec = 15 };
  int server = socket (AF_INET, SOCK_DGRAM, 0);
  guint8 data[OT_STUN_MAX];
  LoadNow now = { 1, 1 };
  OtAddress address;
  socklen_t length = sizeof address;
  OtStun message;

  g_assert_no_error (error);
  g_assert_true (ot_address_parse (&address, "127.0.0.1", 0));
  g_assert_cmpint (bind (server, &address.any, ot_address_get_size (&address)), ==, 0);
  g_assert_cmpint (getsockname (server, &address.any, &length), ==, 0);
  g_assert_cmpint (setsockopt (server, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline), ==, 0);

  answer = g_strdup_printf (ANSWER, fingerprint, ot_address_get_port (&address));
  load_talker_answer (talker, answer, &error);
  g_assert_no_error (error);
  load_talker_tick (talker, now.mono_us, FALSE, tally);
  read_from (server, &message, data, &address);
  g_assert_cmpint (message.type, ==, OT_STUN_BINDING_REQUEST);

  /* somebody else's check gets nothing: what comes next is the answer to the second */
  send_check_to (server, &address, user, "wrong");
  send_check_to (server, &address, user, pwd);
  load_talker_receive (talker, inbox, &now, tally);
  read_from (server, &message, data, &address);
  g_assert_cmpint (message.type, ==, OT_STUN_BINDING_SUCCESS);
  g_assert_cmpmem (message.transaction, OT_STUN_TRANSACTION, TRANSACTION, OT_STUN_TRANSACTION);
  g_assert_true (ot_stun_is_authentic (&message, pwd));
  g_assert_cmpint (recv (server, data, sizeof data, MSG_DONTWAIT), ==, -1);

  load_talker_free (talker);
  load_identity_free (identity);
  close (server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/load/talker/answers-checks", test_answers_checks);
  return g_test_run ();
}
