"""Levels of the log: every topic obeys each of the ways to set them, GStreamer's category too."""

import pytest

from otomo.fixtures import SETTINGS as FAST
from otomo.scene import aside
from otomo.server import Server

DETAIL = "media closed"  # of otomo-media, at debug


async def heard(server, make_scene, pair):
    """What a call's log says, when the server has ended the call's media."""
    before = len(server.log())
    scene = make_scene(server, f"u{pair}", f"o{pair}")
    await scene.in_call()
    await scene.hang_up()
    await aside(server.wait_for_log, f"call {scene.call_id}: in_call → ", before)
    return before


@pytest.mark.parametrize("way", ["GST_DEBUG", "log.debug", "otomoctl"])
async def test_details_of_media(make_scene, way):
    levels = "otomo-media:5"
    settings = {**FAST, **({"log.debug": levels} if way == "log.debug" else {})}
    server = Server(settings, env={"GST_DEBUG": levels} if way == "GST_DEBUG" else None)
    try:
        await aside(server.start)
        await aside(server.seed, 1, 1000)
        if way == "otomoctl":
            await aside(server.ctl, "log", levels)
        before = await heard(server, make_scene, 1)
        await aside(server.wait_for_log, DETAIL, before)
    finally:
        await aside(server.close)


async def test_media_can_be_quiet(make_scene):
    """A level that is lower than the default takes lines away; the other topics stay."""
    server = Server({**FAST, "log.debug": "otomo-media:2"})
    try:
        await aside(server.start)
        await aside(server.seed, 1, 1000)
        await heard(server, make_scene, 1)
        assert " INFO  otomo-media" not in server.log()
    finally:
        await aside(server.close)
