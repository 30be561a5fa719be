"""HashiCorp Vault's transit engine on this machine, at the wire."""

import base64
import json
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "fake-vault-token-51de"
NAME = "gyeot"
MOUNT = "transit"


class FakeVault:
    """Wraps and unwraps under a key of its own; `status` answers every call when it is set."""

    def __init__(self) -> None:
        self.key = AESGCM(AESGCM.generate_key(256))
        self.status: int | None = None
        self.calls: list[str] = []
        self.address = ""

    @property
    def setting(self) -> str:
        """What GYEOT_ROOT is for this Vault."""
        return f"vault:{self.address}/{MOUNT}/{NAME}"

    def answer(self, path: str, token: str | None, asked: dict[str, Any]) -> tuple[int, Any]:
        self.calls.append(path)
        if self.status is not None:
            return self.status, {"errors": ["told to"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if path == f"/v1/{MOUNT}/encrypt/{NAME}":
            nonce = os.urandom(12)
            sealed = nonce + self.key.encrypt(nonce, base64.b64decode(asked["plaintext"]), None)
            return 200, {"data": {"ciphertext": "vault:v1:" + base64.b64encode(sealed).decode()}}
        if path == f"/v1/{MOUNT}/decrypt/{NAME}":
            return self._decrypt(base64.b64decode(asked["ciphertext"].removeprefix("vault:v1:")))
        return 404, {"errors": []}

    def _decrypt(self, sealed: bytes) -> tuple[int, Any]:
        try:
            plain = self.key.decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


@contextmanager
def vault_running() -> Generator[FakeVault]:
    """Serve a fake Vault on loopback."""
    fake = FakeVault()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            asked = json.loads(self.rfile.read(length) or b"{}")
            status, body = fake.answer(self.path, self.headers.get("X-Vault-Token"), asked)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
