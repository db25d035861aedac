"""JSON Web Tokens: the one algorithm that is configured, and none of the known tricks."""

import base64
import datetime
import hashlib
import hmac
import json
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from bench import Bench

SECRET = b"0123456789abcdef0123456789abcdef"
KEYS = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def write_certificate(path):
    key = KEYS["ES256"]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private_pem(key))
    return path


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def sign(algorithm, data, secret=SECRET):
    key = KEYS.get(algorithm)
    if algorithm == "HS256":
        return hmac.new(secret, data, hashlib.sha256).digest()
    if algorithm == "RS256":
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if algorithm == "EdDSA":
        return key.sign(data)
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token(algorithm, claims=None, header=None, signature=None, **kwargs):
    claims = {"sub": "ann"} if claims is None else claims
    data = part(header or {"alg": algorithm, "typ": "JWT"}) + "." + part(claims)
    return data + "." + part(sign(algorithm, data.encode(), **kwargs) if signature is None else signature)


@pytest.fixture(scope="module")
def benches(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    running = {}
    for algorithm in ("HS256", "RS256", "ES256", "EdDSA"):
        path = folder / algorithm
        path.write_bytes(SECRET + b"\n" if algorithm == "HS256" else public_pem(KEYS[algorithm]))
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
    wrong = "the token's algorithm is not the one that this server takes"
    for name in ("none", "None", "NONE", "HS384", "RS512", "", None, 7, ["HS256"], algorithm.swapcase()):
        header = {"typ": "JWT"} if name is None else {"alg": name, "typ": "JWT"}
        assert_refused(bench, token(algorithm, header=header), wrong)
        assert_refused(bench, token(algorithm, header=header, signature=b""), wrong)
    for other in ("HS256", "RS256", "ES256", "EdDSA"):
        if other != algorithm:
            assert_refused(bench, token(other), wrong)
    assert_refused(bench, token(algorithm, header={"alg": algorithm, "crit": ["x"], "x": 1}), wrong)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_public_key_as_secret(benches, algorithm):
    """HS256 made with the public key, under its own name and under the configured one."""
    pem = public_pem(KEYS[algorithm])
    for secret in (pem, pem.strip()):
        assert_refused(benches[algorithm], token("HS256", secret=secret))
        assert_refused(benches[algorithm], token("HS256", secret=secret, header={"alg": algorithm, "typ": "JWT"}))


def test_secret(benches):
    assert_refused(benches["HS256"], token("HS256", secret=SECRET + b"\n"), "the token's signature is wrong")
    assert_refused(benches["HS256"], token("HS256", secret=b""), "the token's signature is wrong")


@ALGORITHMS
def test_claims(benches, algorithm):
    now = int(time.time())
    for claims, message in (
            ({"sub": "ann", "exp": now}, "the token has expired"),
            ({"sub": "ann", "exp": now - 3600}, "the token has expired"),
            ({"sub": "ann", "exp": 0}, "the token has expired"),
            ({"sub": "ann", "exp": -1.5}, "the token has expired"),
            ({"sub": "ann", "exp": str(now + 60)}, "the token's exp or nbf is not a number"),
            ({"sub": "ann", "exp": None}, "the token's exp or nbf is not a number"),
            ({"sub": "ann", "nbf": now + 60}, "the token is not valid yet"),
            ({"sub": "ann", "nbf": True}, "the token's exp or nbf is not a number"),
            ({}, "the token's sub is not an id"),
            ({"sub": 7}, "the token's sub is not an id"),
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
    ("HS256", public_pem(KEYS["RS256"]), "HS256 needs a secret, not a key in PEM"),
    ("RS256", public_pem(KEYS["ES256"]), "does not hold a public key in PEM that fits RS256"),
    ("RS256", public_pem(rsa.generate_private_key(65537, 1024)), "does not hold a public key in PEM that fits RS256"),
    ("RS256", private_pem(KEYS["RS256"]), "does not hold a public key in PEM that fits RS256"),
    ("ES256", public_pem(ec.generate_private_key(ec.SECP384R1())), "does not hold a public key in PEM that fits ES256"),
    ("EdDSA", b"", "does not hold a public key in PEM that fits EdDSA"),
    ("HS384", SECRET, None),
])
def test_wrong_key(tmp_path, algorithm, content, message):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(AssertionError):
        with Bench(jwt=algorithm, key=path) as bench:
            failed = bench.failed
    assert failed == (f"failed {path}: {message}" if message else "failed HS384: not one of HS256, RS256, ES256, EdDSA")
