"""A language service on this machine that makes of a text what it is told to."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.nlu_client import KNOWN
from tests.fakes.switchboard import FakeProvider, refusal

TOKEN = "fake-nlu-token-5eed"

Ranking = Mapping[str, float]
"""Intents and what is believed of each, the likeliest first."""


class FakeNlu(FakeProvider):
    """Answers like Rasa, and knows what every model does; any other text is out of scope."""

    def __init__(
        self,
        rankings: Mapping[str, Ranking],
        *,
        model: str = "fake",
        dangers: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.dangers = dangers or {}  # what it believes of danger, by text
        self.heard: list[str] = []  # texts it was asked about, the known one left out
        self.rankings = {KNOWN[0]: {KNOWN[1]: 0.99}, **rankings}

    async def answer(self, request: Request) -> Response:
        if request.query_params.get("token") != TOKEN:
            return refusal(401, {"reason": "NotAuthenticated"})
        match request.method, request.url.path:
            case "GET", "/status":
                return JSONResponse({"model_file": f"{self.model}.tar.gz", "model_id": "fake"})
            case "POST", "/model/parse":
                return JSONResponse(self._parsed((await request.json())["text"]))
        return refusal(404, {"reason": "NotFound"})

    def _parsed(self, text: str) -> Mapping[str, object]:
        if text != KNOWN[0]:
            self.heard.append(text)
        ranking = self.rankings.get(text, {"out_of_scope": 0.95})
        guesses = [{"name": name, "confidence": belief} for name, belief in ranking.items()]
        found = {"text": text, "intent": guesses[0], "intent_ranking": guesses, "entities": []}
        if text in self.dangers:
            found["danger"] = {"high": self.dangers[text], "imminent": 0.0}
        return found
