#pragma once

#include <glib.h>

/**
 * LLVMFuzzerTestOneInput:
 * @data: anything
 *
 * What a file of this folder is: one input into one door of the server. libFuzzer calls it with
 * what it makes up; replay.c, in a build without libFuzzer, with the committed corpus. A fault is a
 * crash, a sanitizer's finding or an assertion of the target's own.
 *
 * Returns: 0
 */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
