"""What packagers take: the flatpak's files as Debian's tools see them, `meson install` for it, and a tarball by
`meson dist` that is enough to build from. The flatpak itself is not built here: its runtime can't be had in CI."""

import json
import os
import re
import shutil
import tarfile

import pytest
import yaml

from machine import SOURCE, run

APP = "org.otomo.Server"
FLATPAK = SOURCE / "data" / "flatpak"


def test_the_manifest():
    manifest = json.loads(run("flatpak-builder", "--show-manifest", FLATPAK / f"{APP}.yml"))
    assert manifest["id"] == APP
    for module in manifest["modules"]:
        for source in module["sources"]:
            assert source["type"] == "dir" or len(source["sha256"]) == 64, module["name"]


def test_appstream():
    run("appstreamcli", "validate", "--no-net", FLATPAK / f"{APP}.metainfo.xml")


def test_the_desktop_entry():
    assert run("desktop-file-validate", FLATPAK / f"{APP}.desktop") == ""


def test_compose():
    """Its services are there, and otomod takes every setting that it is given."""
    compose = yaml.safe_load((SOURCE / "data/container/compose.yaml").read_text())
    assert compose["services"].keys() == {"database", "otomo", "turn"}
    assert compose["services"]["otomo"]["depends_on"]["database"]["condition"] == "service_healthy"
    filled = {"OTOMO_ADDRESS": "203.0.113.7"}
    known = re.findall(r"`(OTOMO_\w+)` \|$", (SOURCE / "docs/reference/settings.md").read_text(), re.MULTILINE)
    given = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda variable: filled[variable.group(1)], str(value))
        for name, value in compose["services"]["otomo"]["environment"].items()
    }
    assert given.keys() <= set(known)
    printed = run(os.environ["OTOMOD"], "--print-config", env={**os.environ, **given})
    for value in given.values():
        assert f"={value}\n" in printed


def test_an_upgrade_keeps_the_settings(tmp_path):
    """`meson install` over what an operator has written."""
    build = os.environ["OTOMO_BUILD"]
    install = ("meson", "install", "-C", build, "--destdir", tmp_path, "--no-rebuild", "--quiet")
    run(*install)
    (settings,) = tmp_path.glob("**/etc/otomo/otomod.conf")
    assert settings.read_text() == (SOURCE / "data/otomod.conf").read_text()
    settings.write_text("[server]\nlisten=0.0.0.0:8443\n")
    run(*install)
    assert settings.read_text() == "[server]\nlisten=0.0.0.0:8443\n"


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    """Made of the working tree, as git would have it after a commit."""
    home = tmp_path_factory.mktemp("dist")
    built = ("build*", ".git", "node_modules", "__pycache__")
    tree = shutil.copytree(SOURCE, home / "tree", ignore=shutil.ignore_patterns(*built))
    git = ("git", "-C", tree, "-c", "user.name=test", "-c", "user.email=test@localhost")
    run(*git, "init", "-q")
    run(*git, "add", "--all")
    run(*git, "commit", "-q", "-m", "all")
    run("meson", "setup", home / "build", tree, "-Dtests=false")
    run("meson", "dist", "-C", home / "build", "--no-tests")
    (made,) = (home / "build" / "meson-dist").glob("*.tar.xz")
    return made


def test_what_is_installed_from_the_tarball(tarball, tmp_path):
    """With the manifest's options: what it and the desktop need, with the paths that they expect."""
    with tarfile.open(tarball) as archive:
        archive.extractall(tmp_path)
    (tree,) = tmp_path.iterdir()
    manifest = json.loads(run("flatpak-builder", "--show-manifest", tree / f"data/flatpak/{APP}.yml"))
    options = [module for module in manifest["modules"] if module["name"] == "otomo"][0]["config-opts"]
    run("meson", "setup", tree / "build", tree, "--prefix=/app", *options, "-Dbuildtype=debug", "-Db_lto=false")
    run("ninja", "-C", tree / "build", "--quiet")
    run("meson", "install", "-C", tree / "build", "--destdir", tmp_path / "out", "--no-rebuild", "--quiet")
    for path in (
        "bin/otomod",
        "bin/otomoctl",
        f"share/applications/{APP}.desktop",
        f"share/metainfo/{APP}.metainfo.xml",
        f"share/icons/hicolor/scalable/apps/{APP}.svg",
    ):
        assert (tmp_path / "out/app" / path).is_file(), path
