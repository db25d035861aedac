"""Every block of every page is one that page.py knows, links between pages lead somewhere, and of the commands that
no test runs there are few. The runbook tells of each alert. TAP."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from page import SOURCE, commands, pages  # noqa: E402

NOT_RUN_MAX = 12


def broken_links(path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    targets = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    return [target for target in targets if target and not (path.parent / target).exists()]


def alerts_without_a_row():
    rules = (SOURCE / "data/monitoring/otomo.rules.yml").read_text()
    runbook = (SOURCE / "docs/runbook.md").read_text()
    return [name for name in re.findall(r"- alert: (\w+)", rules) if f"`{name}`" not in runbook]


def main():
    problems = [f"docs/runbook.md does not tell of {name}" for name in alerts_without_a_row()]
    not_run = []
    for path in pages():
        try:
            not_run += [block for block in commands(path) if block.reason]
        except ValueError as error:
            problems.append(str(error))
        problems += [f"{path.relative_to(SOURCE)}: {link} does not exist" for link in broken_links(path)]
    if len(not_run) > NOT_RUN_MAX:
        problems.append(f"{len(not_run)} blocks are not run; {NOT_RUN_MAX} may be")
    for block in not_run:
        print(f"# not run: {block.page}:{block.line}: {block.reason}")
    for problem in problems:
        print(f"# {problem}")
    print(f"1..1\n{'not ok' if problems else 'ok'} 1 pages")


main()
