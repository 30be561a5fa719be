"""Prepared sentences: reviewed beginnings that a counselor makes their own before sending."""

import json
from collections.abc import Collection
from pathlib import Path

FILE = Path(__file__).parent / "web" / "static" / "prepared.json"


def never_unchanged(path: Path = FILE) -> Collection[str]:
    """Return the sentences that may not be sent as they stand, in every language."""
    sentences = json.loads(path.read_text("utf-8"))["sentences"]
    return frozenset(one[part] for one in sentences if not one["as_is"] for part in ("ko", "en"))
