"""JSON Web Tokens: the keys that are configured, and none of the known tricks."""

import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bench import Bench

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scenario"))

from otomo.tokens import Key, part, private_pem, public_pem  # noqa: E402

SECRET = b"0123456789abcdef0123456789abcdef"
KEYS = {"HS256": Key("HS256", SECRET), **{name: Key.new(name) for name in ("RS256", "ES256", "EdDSA")}}


def token(algorithm, claims=None, **kwargs):
    return KEYS[algorithm].token({"sub": "ann"} if claims is None else claims, **kwargs)


@pytest.fixture(scope="module")
def benches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    running = {}
    for algorithm, key in KEYS.items():
        path = folder / algorithm
        path.write_bytes(key.public + b"\n" if algorithm == "HS256" else key.public)
        running[algorithm] = Bench(jwt=algorithm, key=path)
    yield running
    for bench in running.values():
        bench.__exit__()


def assert_refused(bench, text, message=None):
    client = bench.upgrade(headers=[f"Authorization: Bearer {text}"])
    code, said = client.error()
    assert code == "UNAUTHENTICATED"
    assert message is None or said == message
    assert client.close_code() == 4401


ALGORITHMS = pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])


@ALGORITHMS
def test_accepted(benches, algorithm):
    now = time.time()
    for claims in ({"sub": "ann"}, {"sub": "ann", "exp": int(now) + 60, "nbf": int(now)},
                   {"sub": "ann", "exp": now + 60.5, "nbf": now - 0.5, "iat": now, "aud": ["x"], "more": {"a": 1}}):
        client = benches[algorithm].upgrade()
        client.send("init_connection", userId="ann", token=token(algorithm, claims))
        assert client.event()["userId"] == "ann"


@ALGORITHMS
def test_signature(benches, algorithm):
    bench, good = benches[algorithm], token(algorithm)
    head, claims, signature = good.split(".")
    wrong = "the token's signature is wrong"
    assert_refused(bench, f"{head}.{part({'sub': 'bob'})}.{signature}", wrong)
    assert_refused(bench, f"{head}.{claims}.{'A' * len(signature)}", wrong)
    assert_refused(bench, f"{head}.{claims}.{signature[:-4]}", wrong)
    assert_refused(bench, token(algorithm, signature=bytes(64)), wrong)
    for text in (f"{head}.{claims}.", f"{head}.{claims}.{signature}.x", f"{head}.{claims}.{signature}!",
                 f"..{signature}", "..", f"{head}.{claims}=.{signature}"):
        assert_refused(bench, text)


@ALGORITHMS
def test_algorithm_is_ours(benches, algorithm):
    bench = benches[algorithm]
    wrong = "the token's algorithm is not one that this server takes"
    for name in ("none", "None", "NONE", "HS384", "RS512", "", algorithm.swapcase()):
        header = {"alg": name, "typ": "JWT"}
        assert_refused(bench, token(algorithm, header=header), wrong)
        assert_refused(bench, token(algorithm, header=header, signature=b""), wrong)
    for header in ({"typ": "JWT"}, {"alg": 7}, {"alg": ["HS256"]}, {"alg": None}):
        assert_refused(bench, token(algorithm, header=header), "the token's header has no alg")
    for other in ("HS256", "RS256", "ES256", "EdDSA"):
        if other != algorithm:
            assert_refused(bench, token(other), wrong)
    for more in ({"crit": ["x"], "x": 1}, {"crit": []}, {"jku": "https://example.org/keys"}, {"jwk": {"kty": "oct"}},
                 {"x5u": "https://example.org/x"}, {"x5c": ["MIIB"]}):
        assert_refused(bench, token(algorithm, **more),
                       "the token's header holds crit, jku, jwk, x5u or x5c; none of them is taken here")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_public_key_as_secret(benches, algorithm):
    """HS256 made with the public key, under its own name and under the configured one."""
    pem = KEYS[algorithm].public
    for secret in (pem, pem.strip()):
        forger = Key("HS256", secret)
        assert_refused(benches[algorithm], forger.token({"sub": "ann"}))
        assert_refused(benches[algorithm], forger.token({"sub": "ann"}, alg=algorithm))


def test_secret(benches):
    for secret in (SECRET + b"\n", b"", SECRET[:-1]):
        forged = Key("HS256", secret).token({"sub": "ann"})
        assert_refused(benches["HS256"], forged, "the token's signature is wrong")


@ALGORITHMS
def test_claims(benches, algorithm):
    now = int(time.time())
    for claims, message in (
            ({"sub": "ann", "exp": now - 6}, "the token has expired"),
            ({"sub": "ann", "exp": now - 3600}, "the token has expired"),
            ({"sub": "ann", "exp": 0}, "the token has expired"),
            ({"sub": "ann", "exp": -1.5}, "the token has expired"),
            ({"sub": "ann", "exp": str(now + 60)}, "the token's exp or nbf is not a number"),
            ({"sub": "ann", "exp": None}, "the token's exp or nbf is not a number"),
            ({"sub": "ann", "exp": [now + 60]}, "the token's exp or nbf is not a number"),
            ({"sub": "ann", "nbf": now + 60}, "the token is not valid yet"),
            ({"sub": "ann", "nbf": True}, "the token's exp or nbf is not a number"),
            ({}, "the token's sub is not an id"),
            ({"sub": 7}, "the token's sub is not an id"),
            ({"sub": ["ann"]}, "the token's sub is not an id"),
            ({"sub": "a b"}, "the token's sub is not an id"),
            ({"sub": "x" * 65}, "the token's sub is not an id"),
            ({"sub": "nobody"}, "the token is not known, or has expired")):
        assert_refused(benches[algorithm], token(algorithm, claims), message)


@ALGORITHMS
def test_two_readings(benches, algorithm):
    """Signed well, but not JSON that everybody reads the same."""
    for claims in (b'{"sub":"bob","sub":"ann"}', b'{"sub":"ann","exp":1e400}', b'{"sub":"ann"}{}', b'["ann"]',
                   b'{"sub":"ann\\u0000"}', b"{'sub':'ann'}", b'{"sub":"ann"} // ', b'\xef\xbb\xbf{"sub":"ann"}'):
        assert_refused(benches[algorithm], token(algorithm, claims), "the token is not a JWT")


def test_somebody_elses(benches):
    client = benches["HS256"].upgrade()
    client.send("init_connection", userId="bob", token=token("HS256"))
    assert client.error() == ("UNAUTHENTICATED", "the token does not belong to this userId")
    assert client.close_code() == 4401


def test_opaque_beside_jwt(benches):
    benches["HS256"].join("bob")


def test_too_long(benches):
    claims = {"sub": "ann", "x": "x" * 9000}
    assert_refused(benches["HS256"], token("HS256", claims), "the token is not a JWT")


def test_not_configured():
    with Bench() as bench:
        assert_refused(bench, token("HS256"), "this server takes no JWT")


@pytest.mark.parametrize("algorithm, content, message", [
    ("HS256", b"short", "HS256 needs a secret of at least 32 bytes"),
    ("HS256", KEYS["RS256"].public, "HS256 needs a secret, not a key in PEM"),
    ("RS256", KEYS["ES256"].public, "does not hold a public key in PEM that fits RS256"),
    ("RS256", public_pem(rsa.generate_private_key(65537, 1024)), "does not hold a public key in PEM that fits RS256"),
    ("RS256", private_pem(KEYS["RS256"].private), "does not hold a public key in PEM that fits RS256"),
    ("ES256", public_pem(ec.generate_private_key(ec.SECP384R1())), "does not hold a public key in PEM that fits ES256"),
    ("EdDSA", b"", "does not hold a public key in PEM that fits EdDSA"),
    ("HS384", SECRET, "its algorithm, HS384, is not one of HS256, RS256, ES256, EdDSA"),
    ("HS256", bytes(16385), "not a file of at most 16 KiB"),
])
def test_wrong_key(tmp_path, algorithm, content, message):
    path = tmp_path / "key"
    path.write_bytes(content)
    assert start_error(jwt=algorithm, key=path) == f"{path}: {message}"


def start_error(**settings):
    with pytest.raises(AssertionError):
        with Bench(**settings) as bench:
            failed = bench.failed
    return failed.removeprefix("failed ")


# ---- several keys ----

@pytest.fixture
def keys(tmp_path):
    """An issuer's keys, one by each algorithm and a second by ES256, and their folder."""
    named = {"old": Key.new("ES256", "old"), "2026-11.b": Key.new("ES256", "2026-11.b"),
             "hs": Key.new("HS256", "hs"), "rs": Key("RS256", KEYS["RS256"].private, "rs"),
             "ed": Key.new("EdDSA", "ed")}
    for key in named.values():
        key.write(tmp_path)
    (tmp_path / "..data").write_text("what an orchestrator puts beside mounted files")
    return named, tmp_path


def assert_accepted(bench, text, user_id="ann"):
    client = bench.upgrade(headers=[f"Authorization: Bearer {text}"])
    assert client.event().get("userId") == user_id


def test_every_key_of_the_folder(keys):
    named, folder = keys
    with Bench(keys=folder) as bench:
        for key in named.values():
            assert_accepted(bench, key.token({"sub": "ann"}))


def test_kid(keys):
    named, folder = keys
    old, hs, rs = named["old"], named["hs"], named["rs"]
    ann = {"sub": "ann"}
    with Bench(keys=folder) as bench:
        for text, message in (
                (old.token(ann, kid="2026-11.b"), "the token's signature is wrong"),
                (old.token(ann, kid="new"), "the token's key (kid) is not known"),
                (old.token(ann, kid="old.ES256"), "the token's key (kid) is not known"),
                (old.token(ann, kid="OLD"), "the token's key (kid) is not known"),
                (old.token(ann, kid=".."), "the token's key (kid) is not known"),
                (old.token(ann, kid="hs"), "the token's key (kid) is for another algorithm"),
                (hs.token(ann, kid="old"), "the token's key (kid) is for another algorithm"),
                (Key("HS256", rs.public).token(ann, kid="rs"), "the token's key (kid) is for another algorithm"),
                (Key("HS256", rs.public).token(ann, kid="rs", alg="RS256"), "the token's signature is wrong"),
                (old.token(ann, header={"alg": "ES256"}), "the token names no key (kid), and more than one fits"),
                *((old.token(ann, kid=kid), "the token's kid is not an id")
                  for kid in ("../../etc/passwd", "old/../old", "", "old\n", "x" * 65, 7, None, ["old"], {"a": 1}))):
            assert_refused(bench, text, message)
        # the only key by its algorithm needs no name
        assert_accepted(bench, hs.token(ann, header={"alg": "HS256"}))
        assert_accepted(bench, rs.token(ann, header={"alg": "RS256"}))


def test_rotation(keys):
    """A new key comes, tokens of both are taken; the old one goes. Keys that are no good change nothing."""
    named, folder = keys
    old, new = named["old"], Key.new("ES256", "new")
    ann = {"sub": "ann"}
    with Bench(keys=folder) as bench:
        assert_refused(bench, new.token(ann), "the token's key (kid) is not known")
        new.write(folder)
        assert_refused(bench, new.token(ann), "the token's key (kid) is not known")
        bench.say("reload")
        bench.expect("reloaded")
        assert_accepted(bench, new.token(ann))
        assert_accepted(bench, old.token(ann))
        (folder / "old.ES256").unlink()
        (folder / "broken.ES256").write_text("?")
        bench.say("reload")
        assert bench.expect("kept") == \
            f"kept {folder}/broken.ES256: does not hold a public key in PEM that fits ES256"
        assert_accepted(bench, old.token(ann))
        (folder / "broken.ES256").unlink()
        bench.say("reload")
        bench.expect("reloaded")
        assert_refused(bench, old.token(ann), "the token's key (kid) is not known")
        assert_accepted(bench, new.token(ann))


def test_key_without_a_name(keys, tmp_path_factory):
    """auth.jwt_key_file beside a folder: for tokens without a kid. Alone: for any kid."""
    named, folder = keys
    path = tmp_path_factory.mktemp("nameless") / "key"
    nameless = Key.new("ES256")
    path.write_bytes(nameless.public)
    ann = {"sub": "ann"}
    with Bench(keys=folder, jwt="ES256", key=path) as bench:
        assert_accepted(bench, nameless.token(ann))
        assert_accepted(bench, named["old"].token(ann))
        assert_refused(bench, nameless.token(ann, kid="old"), "the token's signature is wrong")
        assert_refused(bench, nameless.token(ann, kid="x"), "the token's key (kid) is not known")
    with Bench(jwt="ES256", key=path) as bench:
        assert_accepted(bench, nameless.token(ann, kid="x"))
        assert_refused(bench, nameless.token(ann, kid="../x"), "the token's kid is not an id")


@pytest.mark.parametrize("name, content, message", [
    ("key", SECRET, "a key's file is named KID.ALGORITHM, as in 2026-11.ES256"),
    ("a b.HS256", SECRET, "a key's file is named KID.ALGORITHM, as in 2026-11.ES256"),
    ("a.HS256~", SECRET, "its algorithm, HS256~, is not one of HS256, RS256, ES256, EdDSA"),
    ("a.RS256", KEYS["ES256"].public, "does not hold a public key in PEM that fits RS256"),
    ("a.HS256", KEYS["RS256"].public, "HS256 needs a secret, not a key in PEM"),
])
def test_wrong_file(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert start_error(keys=tmp_path) == f"{tmp_path}/{name}: {message}"


def test_wrong_folder(tmp_path):
    assert start_error(keys=tmp_path) == f"{tmp_path}: there is no key in it"
    assert start_error(keys=tmp_path / "x").startswith(f"{tmp_path}/x: ")
    (tmp_path / "a.HS256").mkdir()
    assert start_error(keys=tmp_path) == f"{tmp_path}/a.HS256: not a file of at most 16 KiB"
    (tmp_path / "a.HS256").rmdir()
    (tmp_path / "a.HS256").symlink_to("/dev/zero")
    assert start_error(keys=tmp_path) == f"{tmp_path}/a.HS256: not a file of at most 16 KiB"
    (tmp_path / "a.HS256").unlink()
    for algorithm in ("ES256", "HS256"):
        Key.new(algorithm, "a").write(tmp_path)
    assert start_error(keys=tmp_path).endswith(": another key has this name (kid) already")


# ---- issuer, audience, leeway ----

def test_issuer_and_audience(tmp_path):
    key = Key.new("ES256", "k")
    key.write(tmp_path)
    wrong_iss = "the token's iss is not the issuer that this server trusts"
    wrong_aud = "the token's aud does not name this server"
    with Bench(keys=tmp_path, issuer="https://id.example", audience="otomo") as bench:
        for aud in ("otomo", ["otomo"], ["x", "otomo", "y"]):
            assert_accepted(bench, key.token({"sub": "ann", "iss": "https://id.example", "aud": aud}))
        for iss in ("https://id.example/", "HTTPS://id.example", "", 7, None, ["https://id.example"]):
            assert_refused(bench, key.token({"sub": "ann", "iss": iss, "aud": "otomo"}), wrong_iss)
        assert_refused(bench, key.token({"sub": "ann", "aud": "otomo"}), wrong_iss)
        for aud in ("Otomo", "", "otomo ", [], ["x"], [["otomo"]], ["otomo", 7], {"otomo": 1}, 7, None):
            assert_refused(bench, key.token({"sub": "ann", "iss": "https://id.example", "aud": aud}), wrong_aud)
        assert_refused(bench, key.token({"sub": "ann", "iss": "https://id.example"}), wrong_aud)


def test_leeway(tmp_path):
    key = Key.new("HS256", "k")
    key.write(tmp_path)
    now = time.time()
    with Bench(keys=tmp_path, leeway_seconds=300) as bench:
        assert_accepted(bench, key.token({"sub": "ann", "exp": now - 200}))
        assert_accepted(bench, key.token({"sub": "ann", "nbf": now + 290}))
        assert_refused(bench, key.token({"sub": "ann", "exp": now - 301}), "the token has expired")
        assert_refused(bench, key.token({"sub": "ann", "nbf": now + 900}), "the token is not valid yet")
    with Bench(keys=tmp_path, leeway_seconds=0) as bench:
        assert_refused(bench, key.token({"sub": "ann", "exp": now}), "the token has expired")
