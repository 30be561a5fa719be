"""Text to intent, by the language service; None when it is slow, silent or wrong."""

import asyncio
import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from bot.messages import Danger, NluResult

TIMEOUT = 0.8  # seconds for a parse and what is checked before it; a child waits at most 2 s in all
PATIENCE = 10.0  # seconds for the same where no child waits: when a file is scored
TEXT_CAP = 1000  # characters; the service itself has no limit (shared/rasa.md, trap 8)
ANSWER_CAP = 64 * 1024  # bytes; our longest text comes back escaped, with 42 intents, in half of it
RANKING = 10  # guesses kept
FAILURES = 3  # in a row, after which the service is left alone
PAUSE = 5.0  # seconds it is left alone before one question tries it again
CHECK_EVERY = 30.0  # seconds between two looks at which model is served, and what it knows
KNOWN = ("죽고 싶어요", "self_harm")
"""A sentence every model of ours understands: a model that does not is not to be believed."""
PLAIN = {"Accept-Encoding": "identity"}  # a packed answer has no size before it is unpacked


class NluClient:
    """The one way to the Rasa service: `POST /model/parse`.

    It never raises for what the service does, because the answer to every failure is the
    same: a person. What is asked is capped and neutral, so that no text can steer the
    service (a leading slash would force an intent). Answers count only while the service
    names a model, the right one, and understands a known sentence: Rasa starts without a
    model, and serves another than it was told, without a word. `served` is the file name of
    the model that was looked at last; "" before, and where none is served.

    Args:
        http: a client with the service's address, see `client_for`.
        token: what the service asks for; None when it asks for nothing.
        current: the file that names the model to be served, `nlu/models/current.json`; with
            it, answers of a model that is neither current nor the one before count as none.
        timer: seconds that only grow.
        patient: waits longer for answers, and asks whatever went before; nobody waits for it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: str | None,
        *,
        current: Path | None = None,
        timer: Callable[[], float] = time.monotonic,
        patient: bool = False,
    ) -> None:
        self.served = ""
        self._http = http
        self._query = {"token": token} if token else {}
        self._current = current
        self._timer = timer
        self._patient = patient
        self._timeout = PATIENCE if patient else TIMEOUT
        self._failures = 0
        self._next_try = 0.0  # by the timer; only looked at after failures
        self._next_check = 0.0
        self._right_model = False
        self._checking = asyncio.Lock()  # turns that come together check once

    async def parse(self, text: str) -> NluResult | None:
        """Return the intent of `text`, or None when there is nothing to ask or no answer."""
        asked = _neutral(text)
        if not says_something(asked) or not self._may_ask():
            return None
        found = await self._in_time(asked)
        self._count(answered=found is not None)
        return found

    async def ready(self) -> bool:
        """Tell whether the service has the right model loaded."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                return await self._serves(self._wanted()[:1])
        return False

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _may_ask(self) -> bool:
        """Let one question through after each pause while the service is failing."""
        if self._patient or self._failures < FAILURES:
            return True
        if self._timer() < self._next_try:
            return False
        self._next_try = self._timer() + PAUSE
        return True

    def _count(self, *, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self._failures == FAILURES:
            self._next_try = self._timer() + PAUSE

    async def _in_time(self, text: str) -> NluResult | None:
        """Check and ask within one time for both: a service that drips is cut off, too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                return await self._ask(text) if await self._is_right_model() else None
        return None

    async def _is_right_model(self) -> bool:
        async with self._checking:
            if not self._right_model or self._timer() >= self._next_check:
                self._right_model = await self._serves(self._wanted())
                self._next_check = self._timer() + CHECK_EVERY
            return self._right_model

    async def _serves(self, wanted: Sequence[str]) -> bool:
        """Tell whether a model is served, a wanted one if any is named, that understands us."""
        self.served = await self._served()
        if not self.served or (wanted and self.served not in wanted):
            return False
        known = await self._ask(KNOWN[0])
        return known is not None and known.intent == KNOWN[1]

    def _wanted(self) -> tuple[str, ...]:
        """Return the released model, and the one before, which serves while it loads."""
        if self._current is None:
            return ()
        try:
            named = json.loads(self._current.read_text(encoding="utf-8"))
            return (str(named["model"]), str(named.get("previous") or named["model"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return ()

    async def _served(self) -> str:
        """Return the file name of the model the service says it serves; "" for none."""
        answer = await self._answer("GET", "/status")
        named = answer.get("model_file") if isinstance(answer, dict) else None
        return PurePosixPath(str(named or "")).name

    async def _ask(self, text: str) -> NluResult | None:
        return _read(await self._answer("POST", "/model/parse", {"text": text}))

    async def _answer(self, method: str, path: str, body: object = None) -> Any:
        """Return what the service says, as JSON; None for every failure."""
        asking = self._http.stream(
            method, path, params=self._query, json=body, headers=PLAIN, timeout=self._timeout
        )
        try:
            async with asking as answer:
                return json.loads(await _whole(answer))
        except (httpx.HTTPError, ValueError, RecursionError):
            return None


def client_for(url: str) -> httpx.AsyncClient:
    """Return a client for our own service, past every proxy that the environment names.

    A proxy would be shown what a child wrote, and the token.
    """
    return httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False)


async def _whole(answer: httpx.Response) -> bytes:
    """Return all of an answer; nothing of a failure, of a packed one, of one that is too long."""
    if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
        return b""
    said = bytearray()
    async for part in answer.aiter_bytes():
        said += part
        if len(said) > ANSWER_CAP:
            return b""
    return bytes(said)


def is_worth_asking(text: str) -> bool:
    """Tell whether anything is left to be asked about when a text is made neutral."""
    return says_something(_neutral(text))


def says_something(text: str) -> bool:
    """Tell whether a text has a letter or a number in it, and so is worth parsing."""
    return any(unicodedata.category(sign)[0] in "LN" for sign in text)


_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# Slashes in every width, and what stands before them unseen: spaces, marks, fillers.
_LEADING = re.compile(
    "[\\s/\uff0f\u2044\u2215\u29f8\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)


def _neutral(text: str) -> str:
    """Cap a text and take away what the service would read as a command."""
    clean = _CONTROL.sub(" ", text[: 2 * TEXT_CAP])
    start = _LEADING.match(clean)
    return clean[start.end() if start else 0 :][:TEXT_CAP].rstrip(" /")


def _read(answer: Any) -> NluResult | None:
    match answer:
        case {"intent": {"name": str(name), "confidence": float() | int() as confidence}}:
            return NluResult(name, float(confidence), _ranking(answer), _danger(answer))
    return None


def _ranking(answer: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    found = answer.get("intent_ranking")
    if not isinstance(found, list):
        return ()
    return tuple(
        (item["name"], float(item["confidence"]))
        for item in found[:RANKING]
        if isinstance(item, dict) and {"name", "confidence"} <= item.keys()
    )


def _danger(answer: Mapping[str, Any]) -> Danger | None:
    match answer.get("danger"):
        case {"high": float() | int() as high, "imminent": float() | int() as imminent}:
            return Danger(float(high), float(imminent))
    return None
