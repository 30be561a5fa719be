"""What a log line may hold."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.logs import product_log


@contextmanager
def configured(level: str) -> Generator[io.StringIO]:
    with product_log(level):
        output = io.StringIO()
        handler = logging.getLogger().handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(output)
        yield output


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


LIBRARIES = (
    "aiohttp.client", "aiosqlite", "alembic.runtime.migration", "asyncio", "httpcore.connection",
    "httpx", "linebot", "multipart", "psycopg", "py.warnings", "python_multipart", "rasa",
    "sqlalchemy.engine.Engine", "sqlalchemy.pool", "telegram.ext.ExtBot", "urllib3",
    "uvicorn.access", "uvicorn.asgi", "uvicorn.error", "websockets.client", "websockets.server",
)  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_can_say_nothing_but_where(library: str) -> None:
    with configured("DEBUG") as output:
        logger = logging.getLogger(library)
        logger.debug("canary-text %s", "canary-token")
        logger.warning("canary-text %s", "canary-token", extra={"reason": "canary-reason"})

    assert "canary" not in output.getvalue()
    assert len(output.getvalue().splitlines()) == 1


def test_a_library_keeps_neither_its_level_nor_its_output() -> None:
    noisy, own = logging.getLogger("noisy.library"), io.StringIO()
    noisy.setLevel(logging.DEBUG)
    noisy.addHandler(logging.StreamHandler(own))
    noisy.propagate = False

    with configured("DEBUG") as output:
        noisy.info("canary-text")
        noisy.warning("canary-text")

    assert own.getvalue() == ""
    assert len(output.getvalue().splitlines()) == 1
    assert "canary" not in output.getvalue()


UNCAUGHT = {
    "the program": "raise ValueError('canary-text')",
    "a thread": """
import threading
def fail(): raise ValueError('canary-text')
thread = threading.Thread(target=fail, name='canary-text'); thread.start(); thread.join()
""",
    "a finalizer": """
class Thing:
    def __del__(self): raise ValueError('canary-text')
Thing()
""",
    "a task that nobody waits for": """
import asyncio, gc
async def fail(): raise ValueError('canary-text')
async def main():
    asyncio.create_task(fail(), name='canary-text'); await asyncio.sleep(0); await asyncio.sleep(0)
    gc.collect()
asyncio.run(main())
""",
    "a warning": "import warnings; warnings.warn('canary-text')",
    "a log line of a wrong shape": """
import logging
logging.getLogger('library').warning('%d of %d', 'canary-text')
""",
    "a log line that cannot be written": """
import logging
class Thing:
    def __str__(self): raise ValueError('canary-text')
logging.getLogger('gyeot').warning('said', extra={'code': Thing()})
""",
}


@pytest.mark.parametrize("source", UNCAUGHT)
def test_what_nobody_catches_says_no_word_either(source: str) -> None:
    program = f"from bot.log import configure; configure('DEBUG')\n{UNCAUGHT[source]}"

    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert "canary" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    if "cannot be written" not in source:
        assert [json.loads(line)["level"] for line in ended.stderr.splitlines()]
