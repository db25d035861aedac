/* Verbs on recordings: recordings list. */

#include "answer.h"
#include "client.h"
#include "verbs.h"

int
ctl_recordings_list (const CtlArguments *arguments)
{
  static const char *const columns[] = { "CALL=call_id",
                                         "STARTED=started_at",
                                         "OFFSET ms=offset_ms",
                                         "LENGTH ms=length_ms",
                                         "BYTES=bytes",
                                         "STATE=state",
                                         "PATH=path",
                                         "WHAT WAS WRONG=message",
                                         NULL };
  g_autoptr (GString) query = g_string_new (NULL);

  ctl_add_query (query, "call", ctl_option (arguments, "call"));
  return ctl_answer_list (arguments, "/v1/recordings", query->str, columns);
}
