"""PROTOCOL.md section 1: a JWT as the token, checked against the one algorithm that is
configured."""

import base64
import hashlib
import hmac
import json
import secrets
import time

import pytest

from conftest import SETTINGS
from otomo.client import Client
from otomo.server import Server

SECRET = secrets.token_hex(32).encode()


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def jwt(claims, algorithm="HS256", secret=SECRET):
    signed = part({"alg": algorithm, "typ": "JWT"}) + b"." + part(claims)
    kind = {"HS256": hashlib.sha256, "HS512": hashlib.sha512, "none": None}[algorithm]
    signature = part(hmac.new(secret, signed, kind).digest()) if kind else b""
    return (signed + b"." + signature).decode()


def claims(**changed):
    return {"sub": "u1", "exp": int(time.time()) + 600, **changed}


@pytest.fixture(scope="module")
def jwt_server(tmp_path_factory):
    key = tmp_path_factory.mktemp("keys") / "secret"
    key.write_bytes(SECRET)
    server = Server({**SETTINGS, "auth.jwt_algorithm": "HS256", "auth.jwt_key_file": str(key)})
    try:
        server.start()
        server.seed(1, 1000)
        yield server
    finally:
        server.close()


@pytest.mark.parametrize("how", ["token", "bearer", "init_connection"])
async def test_good_token(jwt_server, how):
    if how == "init_connection":
        client = await Client.connect(jwt_server.url)
        await client.init("u1", jwt(claims()))
    else:
        client = await Client.connect(jwt_server.url, **{how: jwt(claims())})
        await client.expect("connection_ack", userId="u1")
    await client.close()


async def test_session_tokens_are_taken_as_well(jwt_server):
    client = await Client.connect(jwt_server.url, token=jwt_server.tokens["o1"])
    await client.expect("connection_ack", userId="o1")
    await client.close()


BAD = {
    "expired": lambda: jwt(claims(exp=int(time.time()) - 600)),
    "not valid yet": lambda: jwt(claims(nbf=int(time.time()) + 600)),
    "not signed": lambda: jwt(claims(), "none"),
    "another algorithm": lambda: jwt(claims(), "HS512"),
    "another secret": lambda: jwt(claims(), secret=b"x" * 64),
    "nobody's": lambda: jwt({"exp": int(time.time()) + 600}),
    "of somebody unknown": lambda: jwt(claims(sub="nobody")),
    "changed": lambda: jwt(claims()).replace(".", "." + part({"sub": "o1"}).decode(), 1),
    "cut short": lambda: jwt(claims())[:-4],
    "without a signature": lambda: jwt(claims()).rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("what", BAD)
async def test_bad_token(jwt_server, what):
    client = await Client.connect(jwt_server.url, token=BAD[what]())
    await client.closed(4401)
    assert not client.seen("connection_ack")


async def test_token_of_another_user(jwt_server):
    client = await Client.connect(jwt_server.url)
    await client.send("init_connection", userId="o1", token=jwt(claims()))
    await client.closed(4401)


async def test_token_without_an_end(jwt_server):
    """`exp` is not asked for by the protocol; a token without it is as good as its signature."""
    client = await Client.connect(jwt_server.url, token=jwt({"sub": "u1"}))
    await client.expect("connection_ack", userId="u1")
    await client.close()
