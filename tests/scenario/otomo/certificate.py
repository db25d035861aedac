"""Certificates of a server at 127.0.0.1, as files."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .tokens import private_pem


class Pair:
    """A certificate that vouches for itself, and its key: `certificate` and `key` are the files."""

    def __init__(self, folder, name="server"):
        self.certificate, self.key = (Path(folder, f"{name}.{kind}") for kind in ("pem", "key"))
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.x509 = _certificate(self.private)
        self.certificate.write_bytes(self.x509.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(private_pem(self.private))

    @property
    def der(self):
        return self.x509.public_bytes(serialization.Encoding.DER)

    def lock(self, path):
        """Writes the key with a password."""
        kind = serialization.PrivateFormat.PKCS8
        password = serialization.BestAvailableEncryption(b"secret")
        path.write_bytes(self.private.private_bytes(serialization.Encoding.PEM, kind, password))
        return path


def _certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    own = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.datetime.utcnow()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([own]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
