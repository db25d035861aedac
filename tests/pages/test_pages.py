"""The pages that a developer reads, word by word. Those for operators are read on a machine: tests/machine/."""

from page import SOURCE


def test_readme(reader):
    reader.read(SOURCE / "README.md")


def test_readme_in_japanese(reader):
    reader.read(SOURCE / "README.ja.md")


def test_try(reader):
    reader.read(SOURCE / "docs/try.md")


def test_client(reader):
    """Its examples make calls that are billed: the page shows what they and the server print."""
    reader.read(SOURCE / "docs/client.md")
