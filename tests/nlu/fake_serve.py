"""Stands in for nlu/serve.py in a copy of that folder: a "model" says what it takes texts for.

The model is a JSON object: text, or "" for every other one, to intent, danger and imminent
danger; null ends the service as a crash does.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """The two routes that the gate asks."""

    def do_GET(self) -> None:
        """Name the model that is served."""
        self._answer({"model_file": os.environ["GYEOT_NLU_MODEL"]})

    def do_POST(self) -> None:
        """Look up what a text is taken for."""
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        model = json.loads(Path(os.environ["GYEOT_NLU_MODEL"]).read_text(encoding="utf-8"))
        told = model.get(text, model[""])
        if told is None:
            os._exit(1)
        intent, high, imminent = told
        self._answer({"intent": {"name": intent}, "danger": {"high": high, "imminent": imminent}})

    def log_message(self, *_args: object) -> None:
        """Write nothing."""

    def _answer(self, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        if self.path.partition("?token=")[2] != os.environ["GYEOT_NLU_TOKEN"]:
            self.send_error(401)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ["GYEOT_NLU_PORT"])), Handler).serve_forever()
