"""PROTOCOL.md section 1: a JWT as the token, checked against the keys and rules that are
configured. Every trick is tried on the three ways in, in both formats."""

import json
import time
from pathlib import Path

import pytest
import websockets

from conftest import SETTINGS
from otomo.client import ENVELOPE, Client
from otomo.scene import aside
from otomo.server import Server
from otomo.tokens import Key, part

KEYS = {
    "HS256": Key.new("HS256", "secret"),
    "RS256": Key.new("RS256", "rsa"),
    "ES256": Key.new("ES256", "2026-11"),
    "EdDSA": Key.new("EdDSA", "ed"),
    "ES256, the next": Key.new("ES256", "2026-12"),
}
ISSUER, AUDIENCE = "https://id.example", "otomo"
ES256, RS256 = KEYS["ES256"], KEYS["RS256"]
WAYS = ("token", "bearer", "init_connection")
FORMATS = {"flat": None, "envelope": [ENVELOPE]}

MEGABYTE = 1 << 20


def claims(**changed):
    usual = {"sub": "u1", "exp": int(time.time()) + 600, "iss": ISSUER, "aud": AUDIENCE}
    return {name: value for name, value in {**usual, **changed}.items() if value is not ...}


@pytest.fixture(scope="module")
def jwt_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for key in KEYS.values():
        key.write(folder)
    rules = {"auth.jwt_issuer": ISSUER, "auth.jwt_audience": AUDIENCE}
    server = Server({**SETTINGS, "auth.jwt_keys": str(folder), **rules})
    try:
        server.start()
        server.seed(1, 1000)
        yield server
    finally:
        server.close()


async def knock(server, way, token, form="flat", user_id="u1"):
    """Brings TOKEN in one of the three WAYS."""
    if way != "init_connection":
        return await Client.connect(server.url, **{way: token}, subprotocols=FORMATS[form])
    client = await Client.connect(server.url, subprotocols=FORMATS[form])
    await client.send("init_connection", userId=user_id, token=token)
    return client


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("way", WAYS)
async def test_good_token(jwt_server, way, form):
    for key in KEYS.values():
        client = await knock(jwt_server, way, key.token(claims()), form)
        await client.expect("connection_ack", userId="u1")
        await client.close()


async def test_session_tokens_are_taken_as_well(jwt_server):
    client = await Client.connect(jwt_server.url, token=jwt_server.tokens["o1"])
    await client.expect("connection_ack", userId="o1")
    await client.close()


def twice(name, value):
    """Claims as text, with one of them a second time."""
    return (json.dumps(claims())[:-1] + f', "{name}": {json.dumps(value)}}}').encode()


def signed_with_public_key(key, **header):
    """Key confusion: the secret is what everybody may know."""
    return Key("HS256", key.public, key.kid).token(claims(), **header)


BAD = {
    "expired": lambda: ES256.token(claims(exp=int(time.time()) - 600)),
    "not valid yet": lambda: ES256.token(claims(nbf=int(time.time()) + 600)),
    "exp a text": lambda: ES256.token(claims(exp=str(int(time.time()) + 600))),
    "exp an array": lambda: ES256.token(claims(exp=[int(time.time()) + 600])),
    "not signed": lambda: ES256.token(claims(), alg="none", signature=b""),
    "not signed, no kid": lambda: ES256.token(claims(), header={"alg": "none"}, signature=b""),
    "an algorithm not taken": lambda: KEYS["HS256"].token(claims(), alg="HS512"),
    "another secret": lambda: Key("HS256", b"x" * 64, "secret").token(claims()),
    "another key": lambda: Key.new("ES256", "2026-11").token(claims()),
    "the next key's name": lambda: ES256.token(claims(), kid="2026-12"),
    "RSA's public key as secret": lambda: signed_with_public_key(RS256),
    "the same, called RS256": lambda: signed_with_public_key(RS256, alg="RS256"),
    "the same, under the secret's name": lambda: signed_with_public_key(RS256, kid="secret"),
    "P-256's public key as secret": lambda: signed_with_public_key(ES256),
    "kid unknown": lambda: ES256.token(claims(), kid="2027-01"),
    "kid of another algorithm's key": lambda: ES256.token(claims(), kid="rsa"),
    "kid missing, two fit": lambda: ES256.token(claims(), header={"alg": "ES256"}),
    "kid a path": lambda: ES256.token(claims(), kid="../../etc/passwd"),
    "kid a path to the key": lambda: ES256.token(claims(), kid="../keys0/2026-11.ES256"),
    "kid /dev/null, empty secret": lambda: Key("HS256", b"", "/dev/null").token(claims()),
    "kid an array": lambda: ES256.token(claims(), kid=["2026-11"]),
    "jku": lambda: ES256.token(claims(), jku="http://127.0.0.1:9/keys"),
    "jwk": lambda: ES256.token(claims(), jwk={"kty": "oct", "k": part(b"x" * 32)}),
    "x5u": lambda: ES256.token(claims(), x5u="http://127.0.0.1:9/certificate"),
    "crit": lambda: ES256.token(claims(), crit=["exp"]),
    "nobody's": lambda: ES256.token(claims(sub=...)),
    "of somebody unknown": lambda: ES256.token(claims(sub="nobody")),
    "sub an array": lambda: ES256.token(claims(sub=["u1"])),
    "sub twice": lambda: ES256.token(twice("sub", "u1")),
    "exp twice": lambda: ES256.token(twice("exp", int(time.time()) + 900)),
    "claims an array": lambda: ES256.token(json.dumps([claims()]).encode()),
    "another issuer": lambda: ES256.token(claims(iss=ISSUER + "/")),
    "no issuer": lambda: ES256.token(claims(iss=...)),
    "another audience": lambda: ES256.token(claims(aud="otomo-admin")),
    "another audience, an array": lambda: ES256.token(claims(aud=["a", "b"])),
    "no audience": lambda: ES256.token(claims(aud=...)),
    "changed": lambda: ES256.token(claims()).replace(".", "." + part({"sub": "o1"}), 1),
    "cut short": lambda: ES256.token(claims())[:-4],
    "without a signature": lambda: ES256.token(claims()).rpartition(".")[0] + ".",
    "a signature of zeros": lambda: ES256.token(claims(), signature=bytes(64)),
    "the signature in DER": lambda: ES256.token(claims(), signature=b"\x30\x06\x02\x01\x01\x02\x01\x01"),
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_token(jwt_server, what):
    for form in FORMATS:
        for way in WAYS:
            client = await knock(jwt_server, way, BAD[what](), form)
            await client.closed(4401)
            error = await client.expect("error")
            assert (error["code"], error["originalEvent"]) == ("UNAUTHENTICATED", "init_connection")
            assert not client.seen("connection_ack")


@pytest.mark.parametrize("form", FORMATS)
async def test_token_of_another_user(jwt_server, form):
    client = await knock(jwt_server, "init_connection", ES256.token(claims()), form, user_id="o1")
    await client.expect_error("UNAUTHENTICATED", originalEvent="init_connection")
    await client.closed(4401)


async def test_long_tokens(jwt_server):
    """Longer than a token may be: refused in the URL and the header, too long a field in a message."""
    long = ES256.token(claims(x="x" * 9000))
    for way in ("token", "bearer"):
        client = await knock(jwt_server, way, long)
        await client.closed(4401)
    client = await knock(jwt_server, "init_connection", long)
    await client.expect_error("INVALID_MESSAGE", message="token: longer than 8192 characters")
    await client.init("u1", ES256.token(claims()))
    await client.close()


@pytest.mark.parametrize("form", FORMATS)
async def test_megabyte_token(jwt_server, form):
    """More than a request's head, and than a message, may have: nobody even looks at it."""
    huge = ES256.token(claims(x="x" * MEGABYTE))
    for way in ("token", "bearer"):
        with pytest.raises((websockets.InvalidHandshake, OSError)):
            await knock(jwt_server, way, huge, form)
    client = await Client.connect(jwt_server.url, subprotocols=FORMATS[form])
    await client.flood(lambda: client.written("init_connection", userId="u1", token=huge), 1)
    await client.closed(1009)
    client = await knock(jwt_server, "token", ES256.token(claims()), form)
    await client.expect("connection_ack", userId="u1")
    await client.close()


async def taken(server, key, form):
    """Whether a token of this key opens a connection; with which code it is closed if not."""
    client = await knock(server, "init_connection", key.token(claims()), form)
    if (await client.expect("connection_ack", "error")).type == "connection_ack":
        await client.close()
        return True
    await client.closed(4401)
    return False


async def test_keys_are_rotated(jwt_server):
    """The next key's file comes, both are taken, the old one's goes; whoever is connected stays."""
    there = await knock(jwt_server, "init_connection", KEYS["HS256"].token(claims()))
    await there.expect("connection_ack")
    folder = Path(jwt_server.settings["auth.jwt_keys"])
    old, new = KEYS["HS256"], Key.new("HS256", "next-secret")
    steps = [  # what is done to the files, and whose tokens are then taken
        (lambda: None, {old: True, new: False}),
        (lambda: new.write(folder), {old: True, new: True}),
        (old.path(folder).unlink, {old: False, new: True}),
        (lambda: (old.write(folder), new.path(folder).unlink()), {old: True, new: False}),
    ]
    for change, expected in steps:
        change()
        await aside(jwt_server.reload)
        for key, is_taken in expected.items():
            for form in FORMATS:
                assert await taken(jwt_server, key, form) == is_taken, (key.kid, form)
    await there.round_trip()
    await there.close()


async def test_token_without_an_end(jwt_server):
    """`exp` is not asked for by the protocol; a token without it is as good as its signature."""
    client = await Client.connect(jwt_server.url, token=ES256.token(claims(exp=...)))
    await client.expect("connection_ack", userId="u1")
    await client.close()
