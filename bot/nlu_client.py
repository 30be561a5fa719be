"""Text to intent, by the language service; None when it is slow, silent or wrong."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import httpx

from bot.messages import NluResult

TIMEOUT = 0.8  # seconds for one parse; a child waits at most 2 s for the whole answer
TEXT_CAP = 1000  # characters; the service itself has no limit (shared/rasa.md, trap 8)
RANKING = 3  # guesses kept


class NluClient:
    """The one way to the Rasa service: `POST /model/parse`.

    It never raises for what the service does, because the answer to every failure is the
    same: a person. What is asked is capped and neutral, so that no text can steer the
    service (a leading slash would force an intent).
    """

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self._http = http
        self._query = {"token": token} if token else {}

    async def parse(self, text: str) -> NluResult | None:
        """Return the intent of `text`, or None when there is nothing to ask or no answer."""
        asked = _neutral(text)
        if not says_something(asked):
            return None
        try:
            answer = await self._http.post(
                "/model/parse", params=self._query, json={"text": asked}, timeout=TIMEOUT
            )
            return _read(answer.json()) if answer.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError, RecursionError):
            return None

    async def ready(self) -> bool:
        """Tell whether the service has a model loaded."""
        try:
            answer = await self._http.get("/status", params=self._query, timeout=TIMEOUT)
            return answer.status_code == httpx.codes.OK and bool(answer.json().get("model_file"))
        except (httpx.HTTPError, ValueError, AttributeError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def says_something(text: str) -> bool:
    """Tell whether a text has a letter or a number in it, and so is worth parsing."""
    return any(unicodedata.category(sign)[0] in "LN" for sign in text)


def _neutral(text: str) -> str:
    """Cap a text and take away what the service would read as a command."""
    clean = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text)
    return clean[:TEXT_CAP].strip(" /")


def _read(answer: Any) -> NluResult | None:
    match answer:
        case {"intent": {"name": str(name), "confidence": float() | int() as confidence}}:
            return NluResult(name, float(confidence), _ranking(answer))
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
