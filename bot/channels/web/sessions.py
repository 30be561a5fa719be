"""The token that makes a tab one person, and the address that stands for it."""

import hashlib
import re
import secrets

TOKEN_BYTES = 32  # 256 bits, as security.md asks of every session

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in unpadded URL-safe base64
_PURPOSE = b"gyeot web address 1\0"


def new_token() -> str:
    """Make the token of a new session: 43 letters that only the tab keeps."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(value: str) -> bool:
    """Tell whether `value` has the form of a token of ours."""
    return _TOKEN.fullmatch(value) is not None


def address_of(token: str) -> str:
    """Return the address a token stands for: 64 hexadecimal digits, one way only."""
    return hashlib.sha256(_PURPOSE + token.encode("ascii")).hexdigest()
