"""Text to intent, by the language service; None when it is slow, silent or wrong."""

import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from bot.messages import Danger, NluResult

TIMEOUT = 0.8  # seconds for one parse; a child waits at most 2 s for the whole answer
TEXT_CAP = 1000  # characters; the service itself has no limit (shared/rasa.md, trap 8)
RANKING = 10  # guesses kept
FAILURES = 3  # in a row, after which the service is left alone
PAUSE = 5.0  # seconds it is left alone before one question tries it again
CHECK_EVERY = 30.0  # seconds between two looks at which model is served
KNOWN = ("죽고 싶어요", "self_harm")
"""A sentence every model of ours understands; asked when no file names the right model."""


class NluClient:
    """The one way to the Rasa service: `POST /model/parse`.

    It never raises for what the service does, because the answer to every failure is the
    same: a person. What is asked is capped and neutral, so that no text can steer the
    service (a leading slash would force an intent).

    Args:
        http: a client with the service's address.
        token: what the service asks for; None when it asks for nothing.
        current: the file that names the model to be served, `nlu/models/current.json`; with
            it, answers of a model that is neither current nor the one before count as none.
        timer: seconds that only grow.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: str | None,
        *,
        current: Path | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._query = {"token": token} if token else {}
        self._current = current
        self._timer = timer
        self._failures = 0
        self._next_try = 0.0  # by the timer; only looked at after failures
        self._next_check = 0.0
        self._right_model = False

    async def parse(self, text: str) -> NluResult | None:
        """Return the intent of `text`, or None when there is nothing to ask or no answer."""
        asked = _neutral(text)
        if not says_something(asked) or not self._may_ask():
            return None
        found = await self._ask(asked) if await self._is_right_model() else None
        self._count(answered=found is not None)
        return found

    async def ready(self) -> bool:
        """Tell whether the service has the right model loaded."""
        served = await self._served()
        if not served:
            return False
        wanted = self._wanted()
        if wanted is not None:
            return served == wanted[0]
        known = await self._ask(KNOWN[0])
        return known is not None and known.intent == KNOWN[1]

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _may_ask(self) -> bool:
        """Let one question through after each pause while the service is failing."""
        if self._failures < FAILURES:
            return True
        if self._timer() < self._next_try:
            return False
        self._next_try = self._timer() + PAUSE
        return True

    def _count(self, *, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self._failures == FAILURES:
            self._next_try = self._timer() + PAUSE

    async def _is_right_model(self) -> bool:
        wanted = self._wanted()
        if wanted is None:
            return True
        if not self._right_model or self._timer() >= self._next_check:
            self._right_model = await self._served() in wanted
            self._next_check = self._timer() + CHECK_EVERY
        return self._right_model

    def _wanted(self) -> tuple[str, ...] | None:
        """Return the released model, and the one before, which serves while it loads."""
        if self._current is None:
            return None
        try:
            named = json.loads(self._current.read_text(encoding="utf-8"))
            return (str(named["model"]), str(named.get("previous") or named["model"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    async def _served(self) -> str:
        """Return the file name of the model the service says it serves; "" for none."""
        try:
            answer = await self._http.get("/status", params=self._query, timeout=TIMEOUT)
            if answer.status_code != httpx.codes.OK:
                return ""
            return PurePosixPath(str(answer.json().get("model_file") or "")).name
        except (httpx.HTTPError, ValueError, AttributeError):
            return ""

    async def _ask(self, text: str) -> NluResult | None:
        try:
            answer = await self._http.post(
                "/model/parse", params=self._query, json={"text": text}, timeout=TIMEOUT
            )
            return _read(answer.json()) if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, RecursionError):
            return None


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
