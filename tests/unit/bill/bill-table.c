/* Reads the table of docs/billing.md. */

#include "bill-table.h"

#include <math.h>

#define N_COLUMNS 12

static gint64
number (const char *cell)
{
  gint64 value;
  gboolean whole = g_ascii_string_to_signed (cell, 10, 0, G_MAXINT64, &value, NULL);

  g_assert_true (whole);
  return value;
}

static gint64
microseconds (const char *cell)
{
  char *end;
  double seconds = g_ascii_strtod (cell, &end);

  g_assert_true (*end == '\0' && end != cell);
  return llrint (seconds * G_USEC_PER_SEC);
}

static BillRow
read_row (char **cells)
{
  return (BillRow){ .charge = ot_charge_mode_parse (cells[0]),
                    .partial_unit = ot_partial_unit_parse (cells[1]),
                    .price_points = number (cells[2]),
                    .share_percent = number (cells[3]),
                    .unit_us = microseconds (cells[4]),
                    .balance_points = number (cells[5]),
                    .hangs_up_us = microseconds (cells[6]),
                    .talked_us = microseconds (cells[7]),
                    .units = number (cells[8]),
                    .charged_points = number (cells[9]),
                    .earned_points = number (cells[10]),
                    .left_points = number (cells[11]) };
}

GArray *
bill_table_read (const char *file)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (BillRow));
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (file, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) cells = NULL;
    BillRow row;
    if (!g_str_has_prefix (lines[i], "| advance |") && !g_str_has_prefix (lines[i], "| arrears |"))
      continue;
    cells = g_strsplit (lines[i], "|", -1);
    g_assert_cmpint (g_strv_length (cells), ==,
                     N_COLUMNS + 2); /* and what is outside of the first and last bar */
    for (guint c = 1; c <= N_COLUMNS; c++)
      g_strstrip (cells[c]);
    row = read_row (cells + 1);
    g_array_append_val (rows, row);
  }
  g_assert_cmpint (rows->len, >=, 20);
  return rows;
}
