"""What an operator reads and types: help, manual pages, completions. All made of src/ctl/verbs.toml and of what otomod says
of itself; here each verb and option that they name is tried on the programs."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from otomo.server import program, run

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OTOMO_BUILD", Path(os.environ["OTOMOCTL"]).parent))
VERBS = tomllib.loads((SOURCE / "src/ctl/verbs.toml").read_text())["verb"]
NAMES = [verb["words"] for verb in VERBS]


def ctl(*words):
    return run(program("otomoctl"), "--state-dir", "/nowhere", *words)


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_help_and_usage(verb):
    words = verb["words"].split()
    told = ctl("help", *words)
    assert told.status == 0 and verb["about"] in told.out
    assert verb["words"] in ctl("help").out
    for option in verb.get("options", []):
        assert f"--{option['name']}" in told.out and option["about"] in told.out
    wrong = ctl(*words, "--no-such-option")
    assert wrong.status == 64 and f"usage: otomoctl {verb['words']}" in wrong.err


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_all_that_is_described_is_accepted(verb):
    """Given in full it asks the server, and there is none."""
    words = [*verb["words"].split(), "--json"]
    for option in verb.get("options", []):
        words += [f"--{option['name']}", *(["1"] if "value" in option else [])]
    ran = ctl(*words, *verb.get("arguments", []))
    assert ran.status == 69 and "no server answers" in ran.err, ran


@pytest.mark.parametrize("verb", VERBS, ids=NAMES)
def test_what_is_needed_is_asked_for(verb):
    for missing in verb.get("options", []):
        if not missing.get("needed"):
            continue
        words = verb["words"].split() + verb.get("arguments", [])
        for option in verb["options"]:
            if option is not missing and option.get("needed"):
                words += [f"--{option['name']}", "x"]
        ran = ctl(*words)
        assert ran.status == 64 and f"--{missing['name']}" in ran.err, ran
    if verb.get("arguments"):
        assert ctl(*verb["words"].split()).status == 64


PAGES = {"src/ctl/otomoctl.1": NAMES, "docs/man/otomod.8": ["--dev"], "docs/man/otomod.conf.5": ["ring_timeout"]}


@pytest.mark.parametrize("page", PAGES)
def test_manual_page(page):
    lint = run("mandoc", "-T", "lint", "-W", "error", str(BUILD / page))
    assert lint.status == 0, lint.out
    shown = run("mandoc", "-T", "utf8", "-O", "width=400", str(BUILD / page))
    text = " ".join(subprocess.run(["col", "-b"], input=shown.out, capture_output=True, text=True).stdout.split())
    for word in PAGES[page]:
        assert word in text, f"{word} is not in {page}"


def complete(*words):
    """What bash offers for the last of these words."""
    script = (
        f"source {BUILD / 'src/ctl/otomoctl.bash'}; COMP_WORDS=(otomoctl {' '.join(map(repr, words))}); "
        f"COMP_CWORD={len(words)}; _otomoctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return run("bash", "-c", script).out.split()


def test_bash_completion():
    assert complete("wal") == ["wallet"]
    assert set(complete("wallet", "")) == {"top-up", "show", "adjust"}
    assert complete("wallet", "adjust", "--rea") == ["--reason"]
    assert complete("--state-dir", "/x", "stat") == ["statement", "status"]
    assert set(complete("webhooks", "")) >= {"retry", "test", "--state", "--json"}
    for name in NAMES:
        *before, last = name.split()
        assert last in complete(*before, last)


@pytest.mark.parametrize("shell, file", [("zsh", "_otomoctl"), ("fish", "otomoctl.fish")])
def test_other_completions_are_read(shell, file):
    ran = run(shell, "--no-execute" if shell == "fish" else "-n", str(BUILD / "src/ctl" / file))
    assert ran.status == 0, ran


async def test_status_for_people_and_as_json(server):
    assert "version" in server.ctl("status")
    assert '"version"' in server.ctl("status", "--json")
