#!/usr/bin/env python3
"""Writes otomod's manual pages, and the page of its settings, from what otomod itself says of its options and settings.

    manual.py otomod.8|otomod.conf.5|settings.md|metrics.md OTOMOD VERSION [--write|--check FILE]

--write puts the page into FILE instead of the standard output; --check fails when FILE is not what would be written.
"""

import os
import re
import subprocess
import sys
from pathlib import Path


LIVE = " [live]"  # a change needs no new start
SECRET = " [secret]"  # may come as a systemd credential


def said(program, option):
    neutral = {name: value for name, value in os.environ.items() if not name.startswith("OTOMO_")}
    neutral["LC_ALL"] = "C.UTF-8"
    return subprocess.run([program, option], capture_output=True, text=True, check=True, env=neutral).stdout


def options(program):
    """(option, value, what it does) of each."""
    for line in said(program, "--help").splitlines():
        found = re.match(r"  (?:-\w, )?(--[\w-]+)(?:=(\S+))?\s+(\S.*)$", line)
        if found:
            yield found.groups()


def settings(program):
    """(group, key, initial value or None, what it is) of each, in the program's order."""
    group = about = None
    for line in said(program, "--print-config").splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line.startswith("# "):
            about = line[2:]
        elif "=" in line:
            key, value = line.split("=", 1)
            yield group, key.lstrip("#"), None if key.startswith("#") else value, about


def variable(group, key):
    return "OTOMO_DATABASE" if (group, key) == ("database", "url") else f"OTOMO_{group}_{key}".upper()


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def otomod_8(program, version):
    yield f'.TH OTOMOD 8 "" "Otomo {version}" "Otomo"'
    yield ".SH NAME\notomod \\- media server for paid 1:1 voice calls"
    yield ".SH SYNOPSIS\n.B otomod\n[\\fIOPTION\\fR]..."
    yield ".SH DESCRIPTION"
    yield roff(
        "Users buy points and call otomos, who earn them. They talk through this server. It begins the bill when the first voice "
        "packet arrives, charges each unit from the user's wallet in PostgreSQL, and ends the call when the points are used up. "
        "Without database.url it runs a PostgreSQL of its own in its state directory. It stays in the foreground and logs to "
        "standard error; when it serves, it prints its address."
    )
    yield ".SH OPTIONS"
    for name, value, about in options(program):
        yield f".TP\n\\fB{roff(name)}\\fR" + (f"=\\fI{roff(value)}\\fR" if value else "") + f"\n{roff(about)}."
    yield ".SH ENVIRONMENT"
    yield ".TP\n\\fBOTOMO_\\fIGROUP\\fB_\\fIKEY\\fR\nA setting, stronger than the configuration file; see otomod.conf(5)."
    yield ".TP\n\\fBOTOMO_STATE_DIR\\fR\nThe state directory, unless \\-\\-state\\-dir names another."
    yield ".TP\n\\fBGST_DEBUG\\fR\nLog levels, of otomod's own topics (otomo\\-call:5) as of GStreamer's."
    yield ".TP\n\\fBOTOMO_PIPELINES\\fR\nA directory whose files stand in for the built\\-in pipelines."
    yield ".SH SIGNALS\n.TP\nSIGTERM\n" + roff("It takes no new calls and stops when the live ones are over; at a second one they are ended.")
    yield ".TP\nSIGINT\nIt ends the live calls and stops."
    yield ".TP\nSIGHUP\n" + roff("It reads settings, certificate, keys and secrets again; see otomoctl(1), reload.")
    yield ".SH EXIT STATUS\n0: stopped in order. 64: wrong usage. 69: something that it needs is missing. 78: a setting is wrong."
    yield ".SH SEE ALSO\n.BR otomoctl (1),\n.BR otomod.conf (5)"


def otomod_conf_5(program, version):
    yield f'.TH OTOMOD.CONF 5 "" "Otomo {version}" "Otomo"'
    yield ".SH NAME\notomod.conf \\- settings of otomod"
    yield ".SH DESCRIPTION"
    yield roff(
        "A key file: groups in brackets, then KEY=VALUE, # begins a comment. It is read with --config FILE. The environment is "
        "stronger than the file (OTOMO_CALL_RING_TIMEOUT=30), --set GROUP.KEY=VALUE stronger than both. A mistake stops the start "
        "with one line that says where it is. Below: each setting with what it is without a file."
    )
    last = None
    for group, key, value, about in settings(program):
        if group != last:
            yield f".SH [{group}]"
        last = group
        yield f".TP\n\\fB{roff(key)}\\fR" + (f"={roff(value)}" if value is not None else "")
        yield roff(about) + f". Environment: {variable(group, key)}."
    yield ".SH SEE ALSO\n.BR otomod (8)"


def settings_md(program, _):
    yield "# Reference of the settings\n"
    yield "Made from the server's own table by `./dev reference`; change `src/app/config.c`, not this page. `operating.md` tells how"
    yield "settings are given. Durations are seconds, fractions too. A change that is live is applied by `otomoctl reload`; the others need a new start."
    last = None
    for group, key, value, about in settings(program):
        if group != last:
            yield f"\n## {group}\n\n| key | without a file | what it is | a change | environment |\n| --- | --- | --- | --- | --- |"
        last = group
        shown = f"`{value}`" if value else "–"
        when = "live" if about.endswith(LIVE) else "at start"
        text = about.removesuffix(LIVE).replace(SECRET, "; a secret").replace("|", chr(92) + "|")
        yield f"| `{key}` | {shown} | {text} | {when} | `{variable(group, key)}` |"


def metrics(program):
    """(name, type, unit, label, its values, what it is) of each."""
    for line in said(program, "--print-metrics").splitlines():
        yield [column.strip() for column in line.split("\t")]


def metrics_md(program, _):
    yield "# Reference of the metrics\n"
    yield "Made from the server's own table by `./dev reference`; change `src/app/metrics.c`, not this page. `operating.md` tells where"
    yield "they are found. All count from the start of the server; a histogram NAME has NAME_bucket, NAME_sum and NAME_count.\n"
    yield "| metric | type | unit | label | what it is |\n| --- | --- | --- | --- | --- |"
    for name, kind, unit, label, values, about in metrics(program):
        shown = f"`{label}`" + (": " + ", ".join(values.split()) if values else "") if label else "–"
        yield f"| `{name}` | {kind} | {unit or '–'} | {shown} | {about.replace('|', chr(92) + '|')} |"


def main():
    page, program, version, *where = sys.argv[1:]
    makers = {"otomod.8": otomod_8, "otomod.conf.5": otomod_conf_5, "settings.md": settings_md, "metrics.md": metrics_md}
    text = "\n".join(makers[page](program, version)) + "\n"
    if not where:
        sys.stdout.write(text)
    elif where[0] == "--write":
        Path(where[1]).write_text(text)
    elif Path(where[1]).read_text() != text:
        sys.exit(f"{where[1]} is not up to date: ./dev reference")


main()
