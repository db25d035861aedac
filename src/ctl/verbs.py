#!/usr/bin/env python3
"""Makes of verbs.toml what needs it: the table of otomoctl, its manual page, the shells' completions.

    verbs.py c|man|bash|zsh|fish VERBS.toml [VERSION]
"""

import json
import sys
import tomllib

JSON = {"name": "json", "about": "the server's answer as JSON"}


def read(path):
    with open(path, "rb") as file:
        verbs = tomllib.load(file)["verb"]
    for verb in verbs:
        verb.setdefault("arguments", [])
        verb.setdefault("options", [])
        unknown = verb.keys() - {"words", "about", "arguments", "options", "more"}
        assert not unknown, f"{verb['words']}: {unknown}"
    return verbs


def quoted(text):
    return "NULL" if text is None else json.dumps(text, ensure_ascii=False)


def c(verbs, _):
    yield "/* Made of verbs.toml. */\n"
    yield '#include "verbs.h"\n'
    yield "const CtlVerb ctl_verbs[] = {"
    for verb in verbs:
        name = "ctl_" + verb["words"].replace(" ", "_").replace("-", "_")
        arguments = ", ".join([*map(quoted, verb["arguments"]), "NULL"])
        yield f"  {{ {quoted(verb['words'])}, {quoted(verb['about'])}, (const char *const[]){{ {arguments} }},"
        yield "    (const CtlOption[]){"
        for option in verb["options"]:
            needed = "TRUE" if option.get("needed") else "FALSE"
            yield "      {{ {}, {}, {}, {} }},".format(
                quoted(option["name"]), quoted(option.get("value")), needed, quoted(option["about"])
            )
        yield f"      {{ NULL }} }}, {name} }},"
    yield "  { NULL },"
    yield "};"


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def man(verbs, version):
    """man(7); sections as usual there."""
    yield f'.TH OTOMOCTL 1 "" "Otomo {version}" "Otomo"'
    yield ".SH NAME\notomoctl \\- operates an Otomo server"
    yield ".SH SYNOPSIS\n.B otomoctl\n[\\fB\\-\\-state\\-dir\\fR \\fIDIR\\fR] \\fIVERB\\fR ..."
    yield ".SH DESCRIPTION"
    yield roff("Every verb is one request to the running server, over the admin socket in its state directory. The server's user and root may.")
    yield ".SH VERBS"
    for verb in verbs:
        line = f".TP\n\\fB{roff(verb['words'])}\\fR"
        for argument in verb["arguments"]:
            line += f" \\fI{roff(argument)}\\fR"
        yield line
        yield roff(verb["about"]).capitalize()[:1] + roff(verb["about"])[1:] + "."
        if "more" in verb:
            yield roff(verb["more"])
        if verb["options"]:
            yield ".RS"
            for option in verb["options"]:
                value = f" \\fI{roff(option['value'])}\\fR" if "value" in option else ""
                needed = " Needed." if option.get("needed") else ""
                yield f".TP\n\\fB\\-\\-{roff(option['name'])}\\fR{value}\n{roff(option['about'])}.{needed}"
            yield ".RE"
    yield ".TP\n\\fBhelp\\fR [\\fIVERB\\fR]\nPrints the verbs, or one with its options."
    yield ".TP\n\\fBversion\\fR\nPrints the version."
    yield ".SH OPTIONS"
    yield ".TP\n\\fB\\-\\-state\\-dir\\fR \\fIDIR\\fR\nThe server's state directory; otherwise $OTOMO_STATE_DIR, or the default place."
    yield f".TP\n\\fB\\-\\-json\\fR\nWith every verb: {roff(JSON['about'])}."
    yield ".SH EXIT STATUS"
    yield roff("0: done. 1: what was asked for is not so (audit: a broken invariant; recordings verify: an altered file; load-test: calls failed). Else a code of sysexits.h: 64 wrong usage, 65 the server refused what was given, 66 no such recording, 67 no such person or call, 69 no server answers, 70 the server failed, 73 a file can't be written, 75 try again later, 76 the server's answer can't be read, 77 this user may not.")
    yield ".SH SEE ALSO\n.BR otomod (8)"


def bash(verbs, _):
    first = sorted({verb["words"].split()[0] for verb in verbs} | {"help", "version"})
    yield "# bash completion of otomoctl, made of verbs.toml"
    yield "_otomoctl () {"
    yield '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} line="${COMP_WORDS[*]:1:COMP_CWORD-1}" words='
    yield "  COMPREPLY=()"
    yield "  case $prev in"
    yield "    --state-dir) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;"
    yield "    --tokens) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;"
    yield "  esac"
    yield "  line=${line#--state-dir* }"
    yield "  case \"$line\" in"
    seen = {}
    for verb in verbs:
        parts = verb["words"].split()
        if len(parts) > 1:
            seen.setdefault(parts[0], []).append(parts[1])
    for verb in verbs:
        options = " ".join("--" + option["name"] for option in [*verb["options"], JSON])
        further = " ".join(seen.get(verb["words"], []))
        yield f'    "{verb["words"]}"*) words="{(further + " " + options).strip()}" ;;'
    for word, further in sorted(seen.items()):
        yield f'    "{word}") words="{" ".join(further)}" ;;'
    yield f'    *) words="{" ".join(first)} --state-dir" ;;'
    yield "  esac"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$cur"))'
    yield "}"
    yield "complete -F _otomoctl otomoctl"


def zsh(verbs, _):
    yield "#compdef otomoctl"
    yield "# Made of verbs.toml: bash's completion, which zsh understands."
    yield "autoload -U +X bashcompinit && bashcompinit"
    yield from bash(verbs, _)


def fish(verbs, _):
    yield "# fish completion of otomoctl, made of verbs.toml"
    yield "complete -c otomoctl -f"
    yield "complete -c otomoctl -n __fish_use_subcommand -l state-dir -r -a '(__fish_complete_directories)' -d 'The state directory'"
    first = {}
    for verb in verbs:
        parts = verb["words"].split()
        first.setdefault(parts[0], verb["about"] if len(parts) == 1 else None)
        if len(parts) > 1:
            about = verb["about"].replace("'", "\\'")
            yield f"complete -c otomoctl -n '__fish_seen_subcommand_from {parts[0]}' -a {parts[1]} -d '{about}'"
        for option in [*verb["options"], JSON]:
            value = " -r" if "value" in option else ""
            about = option["about"].replace("'", "\\'")
            seen = " and ".join(f"__fish_seen_subcommand_from {part}" for part in parts).replace(" and ", "; and ")
            yield f"complete -c otomoctl -n '{seen}' -l {option['name']}{value} -d '{about}'"
    for word in [*first, "help", "version"]:
        yield f"complete -c otomoctl -n __fish_use_subcommand -a {word}"


def main():
    kind, path, *version = sys.argv[1:]
    made = {"c": c, "man": man, "bash": bash, "zsh": zsh, "fish": fish}[kind]
    print("\n".join(made(read(path), *(version or [""]))))


main()
