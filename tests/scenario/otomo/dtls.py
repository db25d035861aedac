"""DTLS-SRTP without a socket: datagrams in, datagrams out, keys at the end."""

import hashlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from datetime import datetime, timedelta
from OpenSSL import SSL, crypto

HANDSHAKE_MTU = 1200  # bytes of a datagram; below any path's limit
KEY_BYTES, SALT_BYTES = 16, 14  # AES-128, RFC 5764 section 4.1.2


class Identity:
    """A self-signed ECDSA P-256 certificate, made anew for each peer as browsers do."""

    def __init__(self):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scenario")])
        now = datetime.utcnow()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .sign(key, hashes.SHA256())
        )
        self.certificate = crypto.X509.from_cryptography(certificate)
        self.key = crypto.PKey.from_cryptography_key(key)
        self.fingerprint = fingerprint(self.certificate)


def fingerprint(certificate):
    """SHA-256 over the DER form, as SDP writes it."""
    der = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


class Dtls:
    """One handshake. SEND is called with each datagram that must go out."""

    def __init__(self, identity, is_client, send):
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.set_cipher_list(b"ECDHE+AESGCM")
        context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
        context.use_certificate(identity.certificate)
        context.use_privatekey(identity.key)
        self._connection = SSL.Connection(context, None)
        self._connection.set_ciphertext_mtu(HANDSHAKE_MTU)
        self._send = send
        self.is_client = is_client
        self.done = False
        self.failure = None  # what ended the handshake or the session, as text
        if is_client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()

    def step(self, datagram=None):
        """Takes a datagram in (None: begins), answers what there is to answer."""
        if datagram is not None:
            self._connection.bio_write(datagram)
        try:
            if self.done:
                self._connection.recv(2048)
            else:
                self._connection.do_handshake()
                self.done = True
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.failure = self.failure or "closed by the other side"
        except SSL.Error as error:
            self.failure = self.failure or f"DTLS: {error}"
        self._flush()

    def close(self):
        """Says goodbye with a close_notify alert, as a browser that ends a call does."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return  # not connected: nothing to say
        self._flush()

    def peer_fingerprint(self):
        return fingerprint(self._connection.get_peer_certificate())

    def srtp_keys(self):
        """Returns (ours, theirs), each a master key followed by its salt."""
        material = self._connection.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (KEY_BYTES + SALT_BYTES)
        )
        parts = struct.unpack(f"{KEY_BYTES}s{KEY_BYTES}s{SALT_BYTES}s{SALT_BYTES}s", material)
        client, server = parts[0] + parts[2], parts[1] + parts[3]
        return (client, server) if self.is_client else (server, client)

    def _flush(self):
        """The memory BIO is a stream: cut it into records again, one a datagram."""
        try:
            flight = self._connection.bio_read(65536)
        except SSL.WantReadError:
            return
        while flight:
            (length,) = struct.unpack_from("!H", flight, 11)
            self._send(flight[: 13 + length])
            flight = flight[13 + length :]
