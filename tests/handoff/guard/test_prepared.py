"""What the page offers to say is not what the guard stops."""

import json

from handoff.guard.asking import asked
from handoff.prepared import FILE


def test_every_prepared_sentence_passes_the_guard() -> None:
    sentences = json.loads(FILE.read_text("utf-8"))["sentences"]
    said = [one[part] for one in sentences for part in ("ko", "en")]

    assert said
    assert [one for one in said if asked(one) is not None] == []
