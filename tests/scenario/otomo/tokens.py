"""JWTs as an issuer makes them, and as an attacker does: every part can be said."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")


def part(value):
    """Bytes as they are, anything else as JSON; base64url."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def public_pem(key):
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, kind)


def private_pem(key):
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())


class Key:
    """One key of an issuer: the algorithm, the secret or private key, the name (kid) or None."""

    def __init__(self, algorithm, private, kid=None):
        self.algorithm, self.private, self.kid = algorithm, private, kid

    @classmethod
    def new(cls, algorithm, kid=None):
        make = {
            "HS256": lambda: b"a secret that is told to nobody: " + str(kid).encode(),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        return cls(algorithm, make[algorithm](), kid)

    @property
    def public(self):
        """What the server's key file holds."""
        return self.private if self.algorithm == "HS256" else public_pem(self.private)

    def path(self, folder):
        """The key file, KID.ALGORITHM, in a folder of keys."""
        return folder / f"{self.kid}.{self.algorithm}"

    def write(self, folder):
        """Writes it; its path."""
        self.path(folder).write_bytes(self.public)
        return self.path(folder)

    def signature(self, data):
        if self.algorithm == "HS256":
            return hmac.new(self.private, data, hashlib.sha256).digest()
        if self.algorithm == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "EdDSA":
            return self.private.sign(data)
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def token(self, claims, header=None, signature=None, **more):
        """CLAIMS: a dict, or bytes as they are; HEADER instead of the usual one, MORE in addition;
        SIGNATURE: bytes instead of the right one."""
        usual = {"alg": self.algorithm, "typ": "JWT", **({"kid": self.kid} if self.kid else {})}
        data = part({**usual, **more} if header is None else header) + "." + part(claims)
        return data + "." + part(self.signature(data.encode()) if signature is None else signature)
