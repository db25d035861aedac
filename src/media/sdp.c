/* Reads clients' descriptions strictly and writes ours. Pure, but for the random numbers of new
 * credentials. */

#include "sdp.h"

#include <openssl/rand.h>
#include <string.h>

#include "media-error.h"

#define LINES_MAX 512
#define ICE_CHARS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+/"
#define TOKEN_CHARS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "!#$%&'*+-.^_`{|}~"

/* What is being read: attributes of the session level hold for the section that has none of its
 * own. */
typedef struct {
  OtSdp *out;
  guint n_sections;
  gboolean has_mux;
  gboolean fingerprint_is_sections; /* not the session's, which it replaces */
  char **formats;                   /* owned: the payload types of m=audio, in the client's order */
  int opus_rank;                    /* place of opus_payload_type among them */
} Reader;

static gboolean
fail (GError **error, const char *message)
{
  g_set_error (error, OT_MEDIA_ERROR, OT_MEDIA_ERROR_DESCRIPTION, "sdp: %s", message);
  return FALSE;
}

void
ot_ice_credentials_make (OtIceCredentials *out)
{
  guint8 random[24];
  g_autofree char *text = NULL;

  if (RAND_bytes (random, sizeof random) != 1)
    g_error (
        "no random numbers"); /* a password that can be guessed would be worse than no server */
  text = g_base64_encode (random, sizeof random);
  g_strlcpy (out->ufrag, text, sizeof out->ufrag);
  g_strlcpy (out->pwd, text + 8, sizeof out->pwd);
}

static gboolean
copy_token (char *out, gsize size, const char *value, gsize least, const char *allowed)
{
  gsize length = strlen (value);

  return length >= least && strspn (value, allowed) == length
         && g_strlcpy (out, value, size) < size;
}

static gboolean
read_section (Reader *self, const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 64);
  guint n_words = g_strv_length (words);

  if (++self->n_sections > 1)
    return fail (error, "more than one m= section; this server takes one audio section");
  if (n_words < 4 || strcmp (words[0], "audio") != 0)
    return fail (error, "the m= section is not audio");
  if (strcmp (words[1], "0") == 0)
    return fail (error, "the audio section is rejected (port 0)");
  if (strcmp (words[2], "UDP/TLS/RTP/SAVPF") != 0)
    return fail (error, "the audio section's protocol is not UDP/TLS/RTP/SAVPF");
  self->formats = g_strdupv (words + 3);
  self->opus_rank = G_MAXINT;
  return TRUE;
}

/* "111 opus/48000/2": the one that stands first in the m= line counts, wherever its rtpmap is. */
static void
read_rtpmap (Reader *self, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 3);
  guint64 number;

  if (self->formats == NULL || g_strv_length (words) < 2
      || g_ascii_strcasecmp (words[1], "opus/48000/2") != 0
      || !g_ascii_string_to_unsigned (words[0], 10, 0, 127, &number, NULL))
    return;
  for (int rank = 0; self->formats[rank] != NULL && rank < self->opus_rank; rank++) {
    if (strcmp (self->formats[rank], words[0]) != 0)
      continue;
    self->opus_rank = rank;
    self->out->opus_payload_type = (int)number;
  }
}

/* Several lines are alternatives: the first that we can check counts, the section's before the
 * session's. */
static void
read_fingerprint (Reader *self, const char *value)
{
  OtFingerprint fingerprint;
  gboolean is_new = self->out->fingerprint.size == 0;

  if (self->n_sections > 0 && !self->fingerprint_is_sections)
    is_new = TRUE;
  if (!is_new || !ot_fingerprint_parse (&fingerprint, value))
    return;
  self->fingerprint_is_sections = self->n_sections > 0;
  self->out->fingerprint = fingerprint;
  g_strlcpy (self->out->fingerprint_text, value, sizeof self->out->fingerprint_text);
}

static void
read_direction (Reader *self, const char *line)
{
  static const char *const directions[] = { "sendrecv", "sendonly", "recvonly", "inactive" };

  for (guint i = 0; i < G_N_ELEMENTS (directions); i++)
    if (strcmp (line, directions[i]) == 0)
      self->out->direction = directions[i];
}

static gboolean
read_attribute (Reader *self, const char *line, GError **error)
{
  g_auto (GStrv) pair = g_strsplit (line, ":", 2);
  const char *key = pair[0] != NULL ? pair[0] : "";
  const char *value = key[0] != '\0' && pair[1] != NULL ? pair[1] : "";
  OtSdp *out = self->out;

  if (strcmp (key, "mid") == 0)
    return copy_token (out->mid, sizeof out->mid, value, 1, TOKEN_CHARS)
           || fail (error, "a=mid is not a token of 1 to 32 characters");
  if (strcmp (key, "ice-ufrag") == 0)
    return copy_token (out->ufrag, sizeof out->ufrag, value, 4, ICE_CHARS)
           || fail (error, "a=ice-ufrag is not 4 to 256 ICE characters");
  if (strcmp (key, "ice-pwd") == 0)
    return copy_token (out->pwd, sizeof out->pwd, value, 22, ICE_CHARS)
           || fail (error, "a=ice-pwd is not 22 to 256 ICE characters");
  if (strcmp (key, "setup") == 0)
    return copy_token (out->setup, sizeof out->setup, value, 1, G_CSET_a_2_z)
           || fail (error, "a=setup is not a role");
  if (strcmp (key, "group") == 0 && g_str_has_prefix (value, "BUNDLE"))
    out->bundled = TRUE;
  else if (strcmp (key, "fingerprint") == 0)
    read_fingerprint (self, value);
  else if (strcmp (key, "rtcp-mux") == 0)
    self->has_mux = TRUE;
  else if (strcmp (key, "rtpmap") == 0)
    read_rtpmap (self, value);
  else
    read_direction (self, line);
  return TRUE;
}

static gboolean
read_line (Reader *self, const char *line, GError **error)
{
  if (line[0] == '\0')
    return TRUE;
  if (!g_ascii_islower (line[0]) || line[1] != '=')
    return fail (error, "a line does not begin with a letter and \"=\"");
  if (line[0] == 'm')
    return read_section (self, line + 2, error);
  if (line[0] == 'a')
    return read_attribute (self, line + 2, error);
  return TRUE;
}

static gboolean
check_whole (const Reader *self, gboolean is_offer, GError **error)
{
  const OtSdp *out = self->out;
  gboolean has_role = strcmp (out->setup, "active") == 0 || strcmp (out->setup, "passive") == 0;

  if (self->n_sections == 0)
    return fail (error, "no m=audio section");
  if (out->opus_payload_type < 0)
    return fail (error, "the audio section has no opus/48000/2");
  if (out->opus_payload_type >= 64 && out->opus_payload_type <= 95)
    return fail (error, "Opus has a payload type from 64 to 95, which is taken for RTCP");
  if (out->mid[0] == '\0')
    return fail (error, "no a=mid");
  if (!self->has_mux)
    return fail (error, "no a=rtcp-mux; this server has RTP and RTCP on one port");
  if (out->ufrag[0] == '\0' || out->pwd[0] == '\0')
    return fail (error, "no a=ice-ufrag or a=ice-pwd");
  if (out->fingerprint.size == 0)
    return fail (error, "no a=fingerprint of SHA-256, SHA-384 or SHA-512");
  if (!has_role && !(is_offer && strcmp (out->setup, "actpass") == 0))
    return fail (error, is_offer ? "a=setup is not actpass, active or passive"
                                 : "a=setup of an answer is not active or passive");
  if (strcmp (out->direction, "inactive") == 0)
    return fail (error, "the audio section is inactive");
  return TRUE;
}

gboolean
ot_sdp_read (OtSdp *out, const char *text, gboolean is_offer, GError **error)
{
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) formats = NULL;
  Reader self = { .out = out };
  gboolean good;

  memset (out, 0, sizeof *out);
  out->opus_payload_type = -1;
  out->direction = "sendrecv";
  if (strlen (text) > OT_SDP_MAX)
    return fail (error, "longer than 16384 bytes");
  if (!g_str_has_prefix (text, "v=0"))
    return fail (error, "does not begin with v=0");
  lines = g_strsplit (text, "\n", LINES_MAX + 1);
  if (g_strv_length (lines) > LINES_MAX)
    return fail (error, "more than 512 lines");
  good = TRUE;
  for (guint i = 0; lines[i] != NULL && good; i++)
    good = read_line (&self, g_strchomp (lines[i]), error);
  formats = self.formats;
  return good && check_whole (&self, is_offer, error);
}

static void
write_head (GString *text, gboolean is_lite, const char *bundled_mid)
{
  g_string_append_printf (text, "v=0\r\no=otomo %u 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
                          g_random_int () >> 1);
  if (is_lite)
    g_string_append (text, "a=ice-lite\r\n");
  if (bundled_mid != NULL)
    g_string_append_printf (text, "a=group:BUNDLE %s\r\n", bundled_mid);
}

static void
write_section (
    GString *text, const char *mid, const char *direction, const char *setup, int payload_type)
{
  g_string_append_printf (
      text,
      "m=audio 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
      "a=mid:%s\r\na=%s\r\na=rtcp-mux\r\na=setup:%s\r\n"
      "a=rtpmap:%d opus/48000/2\r\na=fmtp:%d minptime=10;useinbandfec=1\r\n",
      payload_type, mid, direction, setup, payload_type, payload_type);
}

/* What is ours in every description, at the end of its only section. The stream's name is there
 * because pages take the voice from the track event's first stream. */
static void
write_local (GString *text, const OtSdpLocal *local)
{
  g_string_append_printf (
      text, "a=msid:otomo voice\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\n",
      local->credentials->ufrag, local->credentials->pwd, local->fingerprint);
  for (guint i = 0; i < local->addresses->n; i++) {
    g_autofree char *candidate = ot_sdp_write_candidate (local->addresses, i);

    g_string_append_printf (text, "a=%s\r\n", candidate);
  }
  g_string_append (text, "a=end-of-candidates\r\n");
}

char *
ot_sdp_write_for_engine (const OtSdp *self)
{
  GString *text = g_string_new (NULL);

  write_head (text, FALSE, self->bundled ? self->mid : NULL);
  write_section (text, self->mid, self->direction, self->setup, self->opus_payload_type);
  g_string_append_printf (text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\n",
                          self->ufrag, self->pwd, self->fingerprint_text);
  return g_string_free (text, FALSE);
}

/* ---- answers that were made ahead ---- */

#define ORDINARY_MID "0"
#define TEXT_OF(number) G_STRINGIFY (number)
#define ORDINARY_NUMBER TEXT_OF (OT_OPUS_PAYLOAD_TYPE)

void
ot_sdp_make_ordinary (OtSdp *out, const char *fingerprint)
{
  memset (out, 0, sizeof *out);
  g_strlcpy (out->mid, ORDINARY_MID, sizeof out->mid);
  g_strlcpy (out->ufrag, "none", sizeof out->ufrag);
  g_strlcpy (out->pwd, "none-none-none-none-none", sizeof out->pwd);
  g_strlcpy (out->setup, "actpass", sizeof out->setup);
  out->direction = "sendrecv";
  out->bundled = TRUE;
  ot_fingerprint_parse (&out->fingerprint, fingerprint);
  g_strlcpy (out->fingerprint_text, fingerprint, sizeof out->fingerprint_text);
  out->opus_payload_type = OT_OPUS_PAYLOAD_TYPE;
}

gboolean
ot_sdp_is_ordinary (const OtSdp *self)
{
  return self->bundled && strcmp (self->direction, "sendrecv") == 0;
}

char *
ot_sdp_adapt_answer (const char *answer, const OtSdp *remote)
{
  g_autofree char *number = g_strdup_printf ("%d", remote->opus_payload_type);
  const char *role = strcmp (remote->setup, "active") == 0 ? "passive" : "active";
  const struct {
    const char *before, *ordinary, *now;
  } changes[] = {
    { "a=group:BUNDLE ", ORDINARY_MID, remote->mid },
    { "a=mid:", ORDINARY_MID, remote->mid },
    { "a=setup:", "active", role },
    { "m=audio 9 UDP/TLS/RTP/SAVPF ", ORDINARY_NUMBER, number },
    { "a=rtpmap:", ORDINARY_NUMBER, number },
    { "a=fmtp:", ORDINARY_NUMBER, number },
  };
  g_auto (GStrv) lines = g_strsplit (answer, "\n", LINES_MAX);
  GString *text = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strchomp (lines[i]);

    for (guint j = 0; j < G_N_ELEMENTS (changes); j++) {
      gsize length = strlen (changes[j].before);

      if (!g_str_has_prefix (line, changes[j].before)
          || !g_str_has_prefix (line + length, changes[j].ordinary))
        continue;
      g_string_append_printf (text, "%s%s", changes[j].before, changes[j].now);
      line += length + strlen (changes[j].ordinary);
      break;
    }
    if (lines[i][0] != '\0')
      g_string_append_printf (text, "%s\r\n", line);
  }
  return g_string_free (text, FALSE);
}

/* ---- */

char *
ot_sdp_write_offer (const OtSdpLocal *local, int payload_type)
{
  GString *text = g_string_new (NULL);

  write_head (text, TRUE, "0");
  write_section (text, "0", "sendrecv", "actpass", payload_type);
  write_local (text, local);
  return g_string_free (text, FALSE);
}

static gboolean
is_ours_to_write (const char *line)
{
  static const char *const prefixes[] = { "a=ice-",  "a=fingerprint:", "a=candidate:",
                                          "a=msid:", "a=ssrc:",        "a=end-of-candidates" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (line, prefixes[i]))
      return TRUE;
  return FALSE;
}

char *
ot_sdp_finish_answer (const char *answer, const OtSdpLocal *local)
{
  g_auto (GStrv) lines = g_strsplit (answer, "\n", LINES_MAX);
  GString *text = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = g_strchomp (lines[i]);

    if (line[0] == '\0' || is_ours_to_write (line))
      continue;
    if (g_str_has_prefix (line, "m="))
      g_string_append (text, "a=ice-lite\r\n");
    g_string_append_printf (text, "%s\r\n", line);
  }
  write_local (text, local);
  return g_string_free (text, FALSE);
}

/* RFC 8445, 5.1.2.1: host candidates of component 1; the local preference follows the order. */
char *
ot_sdp_write_candidate (const OtAddressList *addresses, guint index)
{
  const OtAddress *address = &addresses->list[index];
  g_autofree char *host = ot_address_to_string (address);
  guint32 priority = 126u << 24 | (65535u - index) << 8 | 255u;

  return g_strdup_printf ("candidate:%u 1 udp %u %s %u typ host", index + 1, priority, host,
                          ot_address_get_port (address));
}

gboolean
ot_candidate_is_valid (const char *text, GError **error)
{
  g_auto (GStrv) words = NULL;

  if (text == NULL || text[0] == '\0')
    return TRUE;
  if (strlen (text) > OT_CANDIDATE_MAX)
    return fail (error, "a candidate longer than 512 bytes");
  if (g_str_has_prefix (text, "a="))
    text += 2;
  words = g_strsplit (text, " ", 16);
  if (!g_str_has_prefix (text, "candidate:") || g_strv_length (words) < 8
      || strcmp (words[6], "typ") != 0)
    return fail (error, "a candidate that is not \"candidate:… typ …\"");
  return TRUE;
}
