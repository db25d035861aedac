/* The rules of webhooks: what an answer means, how long to wait, and the signature. */

#include <glib.h>
#include <string.h>

#include "webhook.h"

static const struct {
  guint status;
  int tries;
  OtWebhookVerdict verdict;
} answers[] = {
  /* clang-format off */
  { 200, 1, OT_WEBHOOK_SENT },  { 204, 12, OT_WEBHOOK_SENT },  { 299, 1, OT_WEBHOOK_SENT },
  { 0, 1, OT_WEBHOOK_AGAIN },   { 301, 1, OT_WEBHOOK_AGAIN },  { 404, 11, OT_WEBHOOK_AGAIN },
  { 500, 11, OT_WEBHOOK_AGAIN }, { 500, 12, OT_WEBHOOK_DEAD }, { 0, 12, OT_WEBHOOK_DEAD },
  { 410, 1, OT_WEBHOOK_DEAD },  { 199, 1, OT_WEBHOOK_AGAIN },
};
/* clang-format on */

static void
test_answers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (answers); i++)
    g_assert_cmpint (ot_webhook_judge (answers[i].status, answers[i].tries, 12), ==,
                     answers[i].verdict);
}

static void
test_pauses (void)
{
  const gint64 first_us = 5 * G_USEC_PER_SEC;
  const gint64 most_us = 8 * 3600 * (gint64)G_USEC_PER_SEC;

  g_assert_cmpint (ot_webhook_pause_us (first_us, 1, 0), ==, first_us);
  g_assert_cmpint (ot_webhook_pause_us (first_us, 2, 0), ==, 3 * first_us);
  g_assert_cmpint (ot_webhook_pause_us (first_us, 4, 0), ==, 27 * first_us);
  g_assert_cmpint (ot_webhook_pause_us (first_us, 4, 1), ==, 27 * first_us / 4 * 5);
  g_assert_cmpint (ot_webhook_pause_us (first_us, 12, 0), ==, most_us);
  g_assert_cmpint (ot_webhook_pause_us (first_us, 1000000, 0), ==, most_us);
}

/* The example of the Standard Webhooks specification. */
static void
test_signature (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OtWebhookKeys) one =
      ot_webhook_keys_parse ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", &error);
  g_autoptr (OtWebhookKeys) two = ot_webhook_keys_parse (
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n\n whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n",
      &error);
  g_autofree char *signature = NULL;
  g_autofree char *signatures = NULL;

  g_assert_no_error (error);
  signature =
      ot_webhook_sign (one, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");
  g_assert_cmpstr (signature, ==, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  signatures =
      ot_webhook_sign (two, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}");
  g_assert_true (g_str_has_prefix (signatures, signature));
  g_assert_true (g_str_has_prefix (signatures + strlen (signature), " v1,"));
}

static void
test_bad_secrets (void)
{
  static const char *const bad[] = {
    "",
    "\n \n",
    "secret",
    "whsec_",
    "whsec_c2hvcnQ=",
    "whsec_not base64 at all, not at all",
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n"
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (ot_webhook_keys_parse (bad[i], &error));
    g_assert_error (error, OT_WEBHOOK_ERROR, OT_WEBHOOK_ERROR_SECRET);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/webhook/answers", test_answers);
  g_test_add_func ("/webhook/pauses", test_pauses);
  g_test_add_func ("/webhook/signature", test_signature);
  g_test_add_func ("/webhook/bad-secrets", test_bad_secrets);
  return g_test_run ();
}
