"""A client that does not read what it is sent: what waits for it is bounded, then its connection goes; its
voice, and with it the call, goes on."""

import asyncio

from otomo import DEADLINE

SETTINGS = {"limit.messages": 1000, "limit.person_messages": 1000}
MESSAGES = 50  # of a channel that are replayed
TEXT = "x" * 4000


async def fill_channel(scene):
    """The call's own; whoever joins it gets about 200 KiB."""
    client = scene.otomo.client
    await client.send("join_channel", channelId=scene.call_id)
    for _ in range(MESSAGES):
        await client.send("send_message", channelId=scene.call_id, text=TEXT)
        await client.expect("new_message", channelId=scene.call_id)
    await client.send("leave_channel", channelId=scene.call_id)


async def ask_without_reading(scene):
    """Until the other side is told that the connection is gone."""
    asking, watching = scene.user.client, scene.otomo.client
    asking.stop_reading()
    async with asyncio.timeout(DEADLINE):
        while not [e for e in watching.seen("call_state_update") if e.get("peerConnected") is False]:
            await asking.send("join_channel", channelId=scene.call_id)
            await asking.send("leave_channel", channelId=scene.call_id)
            await asyncio.sleep(0.01)


async def test_its_call_goes_on(scene):
    await scene.in_call()
    await fill_channel(scene)
    unread = scene.user.client
    await ask_without_reading(scene)
    assert "4440 the client does not read" in scene.server.log()
    scene.otomo.client.forget()
    await scene.otomo.client.expect("call_tick", callId=scene.call_id)
    await scene.otomo.peer.hears(5)
    await scene.user.connect()
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await scene.hang_up()
    await unread.lose()
