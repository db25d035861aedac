"""Every refusal that an event can get in a call. An error changes nothing: after each test's
refusals the call goes on as if nothing had been said."""

import json

import pytest

SDP = {"type": "offer", "sdp": "v=0\r\n"}
ANSWER = {"type": "answer", "sdp": "v=0\r\n"}
CANDIDATE = {
    "candidate": "candidate:1 1 udp 1 127.0.0.1 9 typ host",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
}

# Every event about a call, with fields that are in order.
EVENTS = {
    "call_accept": {},
    "call_reject": {"reason": "busy"},
    "call_cancel": {},
    "call_end_request": {},
    "webrtc_offer": {"offer": SDP},
    "webrtc_answer": {"answer": ANSWER},
    "ice_candidate": {"candidate": CANDIDATE},
}

# What is refused, by who brings it and where the call stands. The rest of EVENTS is allowed there.
MEDIA = ["webrtc_offer", "webrtc_answer", "ice_candidate"]
REFUSED = {
    ("ringing", "user"): {
        "PERMISSION_DENIED": ["call_accept", "call_reject"],
        "INVALID_STATE": MEDIA,
    },
    ("ringing", "otomo"): {"PERMISSION_DENIED": ["call_cancel"], "INVALID_STATE": MEDIA},
    ("accepted", "user"): {
        "PERMISSION_DENIED": ["call_accept", "call_reject"],
        "INVALID_STATE": ["webrtc_answer"],
    },
    ("accepted", "otomo"): {
        "PERMISSION_DENIED": ["call_cancel"],
        "INVALID_STATE": ["call_accept", "call_reject", "webrtc_answer"],
    },
    ("in_call", "user"): {
        "PERMISSION_DENIED": ["call_accept", "call_reject"],
        "INVALID_STATE": ["call_cancel", "webrtc_answer"],
    },
    ("in_call", "otomo"): {
        "PERMISSION_DENIED": ["call_cancel"],
        "INVALID_STATE": ["call_accept", "call_reject", "webrtc_answer"],
    },
    ("reconnecting", "user"): {
        "PERMISSION_DENIED": ["call_accept", "call_reject"],
        "INVALID_STATE": ["call_cancel", "webrtc_answer"],
    },
    ("reconnecting", "otomo"): {
        "PERMISSION_DENIED": ["call_cancel"],
        "INVALID_STATE": ["call_accept", "call_reject", "webrtc_answer"],
    },
    ("over", "user"): {
        "PERMISSION_DENIED": ["call_accept", "call_reject"],
        "INVALID_STATE": ["call_cancel", "call_end_request", *MEDIA],
    },
    ("over", "otomo"): {
        "PERMISSION_DENIED": ["call_cancel"],
        "INVALID_STATE": ["call_accept", "call_reject", "call_end_request", *MEDIA],
    },
}


async def walk_to(scene, state):
    if state == "ringing":
        await scene.ring()
    elif state == "accepted":
        await scene.accepted()
    elif state == "over":
        await scene.ring()
        await scene.hang_up_unconnected()
    else:
        await scene.in_call()
    if state == "reconnecting":
        scene.user.peer.pause()
        await scene.state("reconnecting")


@pytest.mark.parametrize("state, who", REFUSED)
async def test_wrong_state(scene, state, who):
    await walk_to(scene, state)
    person = getattr(scene, who)
    before = await scene.row()
    for code, events in REFUSED[state, who].items():
        for event in events:
            await person.client.send(event, callId=scene.call_id, **EVENTS[event])
            await person.client.expect_error(code, originalEvent=event, callId=scene.call_id)
            await scene.refusal_recorded(event, person, code)
    if state != "in_call":
        assert (await scene.row())["status"] == before["status"]
    if state != "over":
        await scene.user.client.send("call_end_request", callId=scene.call_id)
        await scene.user.client.expect("call_end", callId=scene.call_id, reason="user_end")


@pytest.mark.parametrize("event", EVENTS)
async def test_somebody_elses_call_is_not_there(scene, make_scene, server, event):
    await scene.ring()
    number = next(server.pairs)
    stranger = make_scene(server, f"u{number}", f"o{number}")
    await stranger.online()
    for person in stranger.both:
        said = []
        for call_id in (scene.call_id, "no-such-call"):
            await person.client.send(event, callId=call_id, **EVENTS[event])
            error = await person.client.expect_error(
                "CALL_NOT_FOUND", originalEvent=event, callId=call_id
            )
            said.append(error["message"].replace(call_id, ""))
        assert said[0] == said[1], "the words tell that the call exists"
    await scene.accept()


BAD_FIELDS = [
    ("callId", {"type": "call_request", "toUserId": "o1"}),
    ("callId", {"type": "call_request", "toUserId": "o1", "callId": None}),
    ("callId", {"type": "call_request", "toUserId": "o1", "callId": ""}),
    ("callId", {"type": "call_request", "toUserId": "o1", "callId": "x" * 65}),
    ("callId", {"type": "call_request", "toUserId": "o1", "callId": "no spaces"}),
    ("toUserId", {"type": "call_request", "toUserId": 5, "callId": "x"}),
    ("toUserId", {"type": "call_request", "toUserId": "日本", "callId": "x"}),
    ("offerer", {"type": "call_accept", "callId": "x", "offerer": "nobody"}),
    ("reason", {"type": "call_reject", "callId": "x", "reason": 1}),
    ("offer", {"type": "webrtc_offer", "callId": "x"}),
    ("offer", {"type": "webrtc_offer", "callId": "x", "offer": "v=0"}),
    ("offer.sdp", {"type": "webrtc_offer", "callId": "x", "offer": {"type": "offer"}}),
    ("offer.sdp", {"type": "webrtc_offer", "callId": "x", "offer": {"type": "offer", "sdp": 1}}),
    (
        "offer.type",
        {"type": "webrtc_offer", "callId": "x", "offer": {"type": "answer", "sdp": "v=0"}},
    ),
    ("answer.type", {"type": "webrtc_answer", "callId": "x", "answer": {"type": 0, "sdp": "v=0"}}),
    ("candidate", {"type": "ice_candidate", "callId": "x", "candidate": []}),
    (
        "candidate.candidate",
        {"type": "ice_candidate", "callId": "x", "candidate": {"candidate": 1}},
    ),
    (
        "candidate.sdpMLineIndex",
        {
            "type": "ice_candidate",
            "callId": "x",
            "candidate": {"candidate": "", "sdpMLineIndex": "0"},
        },
    ),
]

NOT_JSON = [
    "",
    "{",
    "hello",
    "{'type': 'heartbeat'}",
    '{"type": "heartbeat"} {"type": "heartbeat"}',
    '{"type": "heartbeat", "type": "heartbeat"}',
    '{"type": "heartbeat",}',
    '{"type": "heartbeat", "x": NaN}',
    '{"type": "heartbeat", "x": 1e400}',
    '{"type": "heartbeat", "x": 99999999999999999999}',
    '{"type": "heartbeat", "x": 017}',
    '{"type": "heartbeat" /* hello */}',
    '{"type": "heart\\u0000beat"}',
    '{"type": "heartbeat", "x": "\\ud800"}',
    '{"type": "heartbeat", "x": ' + "[" * 5000 + "]" * 5000 + "}",
]

NOT_AN_EVENT = [
    "[]",
    "5",
    '"heartbeat"',
    "null",
    "{}",
    '{"type": 5}',
    '{"type": null}',
    '{"%s": "heartbeat"}',  # where the other format has the name
]


async def undisturbed(scene):
    """The call goes on: both hear each other, and the next unit comes."""
    for person in scene.both:
        await person.peer.hears(3)
    await scene.tick((await scene.row())["units_charged"] + 1)
    await scene.hang_up()


@pytest.mark.parametrize("first", range(0, len(BAD_FIELDS), 9))
async def test_a_wrong_field_is_named(scene, first):
    await scene.in_call()
    for path, message in BAD_FIELDS[first : first + 9]:
        fields = {name: value for name, value in message.items() if name != "type"}
        await scene.user.client.send(message["type"], **fields)
        error = await scene.user.client.expect_error(
            "INVALID_MESSAGE", originalEvent=message["type"]
        )
        assert path in error["message"], f"{message}: {error['message']}"
    await undisturbed(scene)


async def test_what_is_not_json(scene):
    await scene.in_call()
    for text in NOT_JSON:
        await scene.user.client.send_raw(text)
        error = await scene.user.client.expect("error")
        assert error["code"] in ("INVALID_JSON", "INVALID_MESSAGE"), f"{text[:60]}: {error}"
    await undisturbed(scene)


async def test_what_is_json_but_no_event(scene):
    await scene.in_call()
    for text in NOT_AN_EVENT:
        other = "type" if scene.otomo.client.is_envelope else "event"
        await scene.otomo.client.send_raw(text.replace("%s", other))
        error = await scene.otomo.client.expect("error")
        assert error["code"] in ("INVALID_JSON", "INVALID_MESSAGE"), f"{text}: {error}"
    await undisturbed(scene)


@pytest.mark.parametrize(
    "event", ["call_force_end", "call_tick", "connection_ack", "make_me_rich", "日本"]
)
async def test_unknown_event(scene, event):
    await scene.ring()
    await scene.user.client.send(event, callId=scene.call_id)
    await scene.user.client.expect_error("UNKNOWN_EVENT", originalEvent=event)
    await scene.accept()


async def test_init_connection_again(scene):
    await scene.ring()
    await scene.user.client.init(scene.user.id, scene.user.token)
    await scene.user.client.send("init_connection", userId=scene.otomo.id, token=scene.otomo.token)
    await scene.user.client.expect_error("INVALID_STATE", originalEvent="init_connection")
    await scene.accept()


async def test_a_flood_of_broken_messages_never_ends_the_call(scene):
    await scene.in_call()
    await scene.user.client.flood(lambda: "{", 200)
    await scene.user.client.closed(4400)
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=False)
    await scene.user.connect()
    await scene.otomo.client.expect("call_state_update", callId=scene.call_id, peerConnected=True)
    await scene.hang_up()
