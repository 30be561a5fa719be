"""A device that makes passkeys and signs with them, as a browser would bring its answers."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
NO_MODEL = bytes(16)


def plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One credential on one device; `count` is what it says of its uses, None for never."""

    origin: str
    count: int | None = None
    verifies: bool = True  # asks for a fingerprint or a PIN
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: str) -> str:
        """Answer what `navigator.credentials.create` is given."""
        asked = json.loads(options)
        attested = (
            NO_MODEL
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + cbor2.dumps(self._public())
        )
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        client = self._client("webauthn.create", asked["challenge"])
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {"clientDataJSON": plain(client), "attestationObject": plain(statement)}
        )

    def sign(self, options: str, **changes: Any) -> str:
        """Answer what `navigator.credentials.get` is given."""
        asked = {**json.loads(options), **changes}
        if self.count is not None:
            self.count += 1
        data = self._data(asked["rpId"], 0)
        client = self._client("webauthn.get", asked["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": plain(client),
                "authenticatorData": plain(data),
                "signature": plain(signed),
            }
        )

    def _data(self, host: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        count = (self.count or 0).to_bytes(4, "big")
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + count

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _public(self) -> dict[int, Any]:
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}  # COSE: EC2, ES256, P-256

    def _answer(self, response: dict[str, str]) -> str:
        name = plain(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
