"""What a log line may hold."""

import io
import json
import logging
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from bot.log import QUIET, configure


@contextmanager
def configured(level: str) -> Generator[io.StringIO]:
    root = logging.getLogger()
    kept, before = root.handlers[:], root.level
    configure(level)
    output = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(output)
    try:
        yield output
    finally:
        root.handlers[:] = kept
        root.setLevel(before)


def test_our_lines_carry_their_event_and_listed_fields_only() -> None:
    with configured("INFO") as output:
        logging.getLogger("gyeot.test").info(
            "answered", extra={"count": 2, "address": "canary-address"}
        )

    line = json.loads(output.getvalue())
    assert (line["event"], line["count"]) == ("answered", 2)
    assert "canary" not in output.getvalue()


def test_an_error_is_its_class_and_place_and_never_its_words() -> None:
    with configured("INFO") as output:
        try:
            raise ValueError("canary-text")
        except ValueError:
            logging.getLogger("gyeot.test").exception("turn failed")

    line = json.loads(output.getvalue())
    assert line["error"] == "ValueError"
    assert "test_log.py" in line["where"]
    assert "canary" not in output.getvalue()


@pytest.mark.parametrize("library", QUIET)
def test_a_library_can_say_nothing_but_where(library: str) -> None:
    with configured("DEBUG") as output:
        logging.getLogger(library).debug("canary-text %s", "canary-token")
        logging.getLogger(f"{library}.deep").warning("canary-text %s", "canary-token")

    assert "canary" not in output.getvalue()
    assert len(output.getvalue().splitlines()) == 1
