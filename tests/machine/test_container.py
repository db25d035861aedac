"""The container image: built on a bare Debian, small, without a compiler, and it carries a billed call."""

import pytest

from container import Buildah, Container, Postgres

SIZE_MAX = 250e6  # bytes


@pytest.fixture(scope="module")
def buildah(debian):
    buildah = Buildah()
    try:
        buildah.build(debian)
        yield buildah
    finally:
        buildah.close()


@pytest.fixture(scope="module")
def server(buildah):
    postgres = Postgres()
    try:
        container = Container(buildah, postgres)
        try:
            container.start()
            container.seed(10, 1000)
            container.pairs = iter(range(1, 11))
            yield container
        finally:
            container.close()
    finally:
        postgres.close()


def test_the_image(buildah):
    assert int(buildah.inspect("{{.Docker.Size}}")) < SIZE_MAX
    assert buildah.inspect("{{.Docker.Config.User}}") == "otomo"
    assert "otomoctl" in buildah.inspect("{{.Docker.Config.Healthcheck.Test}}")


def test_nothing_to_build_with(buildah):
    _, root = buildah.start()
    tools = ("gcc", "cc", "clang", "as", "ld", "make", "ninja", "meson", "pkg-config", "python3")
    assert [tool for tool in tools if list(root.glob(f"usr/*bin/{tool}"))] == []
    assert not (root / "src").exists()


async def test_a_billed_call(scene):
    await scene.in_call()
    await scene.tick(2)
    await scene.hang_up()
