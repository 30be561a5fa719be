"""Ends with 0 when the service of this container has a model loaded; the image's health check.

Rasa answers on "/" without a model, too; on /status it says 409 then.
"""

import os
import urllib.request
from urllib.parse import urlencode

import serve  # this folder is not a package

PATIENCE = 4.0  # seconds; the image gives up after 5


def main() -> int:
    """Ask for the status; return the exit code."""
    port = os.environ.get("GYEOT_NLU_PORT", "5005")
    query = urlencode({"token": serve.read_token()})
    # No proxy of the environment: it would be shown the token.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/status?{query}", timeout=PATIENCE):
            return 0
    except OSError:
        return serve.refuse("no language model is served here")


if __name__ == "__main__":
    raise SystemExit(main())
