#pragma once

#include <glib.h>

/** OT_GATE_MAX_BYTES, OT_GATE_MAX_DEPTH: the largest message, and how deep arrays and objects may
 * nest. */
#define OT_GATE_MAX_BYTES (64 * 1024)
#define OT_GATE_MAX_DEPTH 16

/**
 * ot_gate_check:
 * @text: anything, from anybody; need not end with NUL
 * @length: in bytes
 * @at_byte: (out) (optional): where the first problem is, from 0; untouched when there is none
 *
 * Whether json-glib may see the text, since json-glib itself takes octal, comments, a second
 * document, the last of duplicate keys, numbers that it can't hold, and a nesting that ends the
 * process. Passes one JSON value by RFC 8259's grammar in UTF-8, within the limits above, without
 * duplicate keys (compared unescaped), without U+0000 and lone surrogates, whole numbers within
 * ±2^53, all numbers finite and at most 64 characters long.
 *
 * Returns: (transfer none) (nullable): NULL when it passes, else what is wrong, for a person;
 * static
 *
 * Pure. Thread: any.
 */
const char *ot_gate_check (const char *text, gsize length, gsize *at_byte);
