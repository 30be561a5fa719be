"""Rasa's own HTTP server with one exact model, a token, and four routes.

Called from Python because a token on a command line stands in the process list.
"""

import ctypes
import gc
import json
import logging
import os
import socket
import sys
import threading
import time
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
ROUTES = ("/", "/status", "/version", "/model/parse")
NO_MODEL = "there is no trained language model: run nlu/train.py first"
MAX_BODY_BYTES = 64 * 1024  # 10,000 escaped characters; the product sends far fewer
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc; musl has no mallopt
FREE_AT_MOST, LENT_BY_SYSTEM = 16 << 20, 1 << 20
"""Bytes that may lie free at the end of the heap, and of a piece that the system lends and gets
back by itself. glibc raises both for good after each large piece that is freed; then 1,250
messages cost 37 MB that nothing holds, and with these 15 to 20 (docs/nlu.md)."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    token = read_token()
    if not token:
        return refuse("GYEOT_NLU_TOKEN is not set: the language model needs a token")
    model = current_model()
    if model is None:
        return refuse(NO_MODEL)
    _serve(
        model,
        token,
        host=os.environ.get("GYEOT_NLU_HOST", "127.0.0.1"),
        port=int(os.environ.get("GYEOT_NLU_PORT", "5005")),
    )
    return 0


def current_model() -> Path | None:
    """Return the model file to serve, or None when it is not there.

    `GYEOT_NLU_MODEL` names a file; without it `models/current.json` does.
    Rasa itself would take any other model it finds, without a word.
    """
    named = os.environ.get("GYEOT_NLU_MODEL")
    if named:
        model = Path(named).resolve()
    else:
        try:
            current = json.loads((ROOT / "models/current.json").read_text(encoding="utf-8"))
            model = ROOT / "models" / current["model"]
        except (OSError, ValueError, KeyError):
            return None
    return model if model.is_file() else None


def read_token() -> str:
    """Take the token from GYEOT_NLU_TOKEN, or from the file GYEOT_NLU_TOKEN_FILE names."""
    token = os.environ.pop("GYEOT_NLU_TOKEN", "")
    path = os.environ.get("GYEOT_NLU_TOKEN_FILE")
    if token or not path:
        return token
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def refuse(sentence: str) -> int:
    """Say why nothing is served; return the exit code."""
    print(sentence, file=sys.stderr)
    return 1


def _serve(model: Path, token: str, *, host: str, port: int) -> None:
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One message is too small to share between threads, which would wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Not a filter: Rasa resets those. Its warnings quote what it read.
    warnings.showwarning = lambda *_args, **_kwargs: None
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    _hold_little()
    gc.disable()  # until all is loaded: what it would look through again and again all lives
    # Imported here: it takes seconds, and a refusal above needs none of it.
    from rasa.core.run import close_resources, configure_app, load_agent_on_start  # noqa: PLC0415
    from rasa.core.utils import AvailableEndpoints  # noqa: PLC0415
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_logging_and_warnings()
    # Left alone, structlog prints every message at debug.
    configure_structlog(logging.WARNING)
    # serve_application would open the command line channel; there is no channel here.
    app = configure_app(input_channels=[], auth_token=token)
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.register_middleware(_only_known_routes, "request")
    app.register_listener(
        partial(load_agent_on_start, str(model), AvailableEndpoints(), None),
        "before_server_start",
    )
    app.register_listener(partial(_need_model, model.name), "before_server_start")
    app.register_listener(_give_back, "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    shared = os.environ.get("GYEOT_NLU_SOCKET")  # from follow.py: what to accept on, whom to tell
    place: dict[str, Any] = {"host": host, "port": port}
    if shared:
        # Without the one who holds the socket this process would keep its port for ever.
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        listener, ready = map(int, shared.split(","))
        place = {"sock": socket.socket(fileno=listener)}
        app.register_listener(partial(_tell, ready), "after_server_start")
    # No access log: its lines hold the address with the token.
    app.run(**place, access_log=False, debug=False, motd=False)


def _hold_little() -> None:
    with suppress(OSError, AttributeError):  # another C library has no such function
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, FREE_AT_MOST)
        libc.mallopt(M_MMAP_THRESHOLD, LENT_BY_SYSTEM)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


async def _give_back(_app: Any, _loop: Any) -> None:
    """Give the system back what loading took and nothing needs any more; glibc keeps it."""
    gc.collect()
    gc.freeze()  # what is loaded lives as long as the process
    gc.enable()
    with suppress(OSError, AttributeError):  # another C library has no such function
        ctypes.CDLL(None).malloc_trim(0)


async def _need_model(name: str, app: Any, _loop: Any) -> None:
    # Rasa logs a model that it cannot load, and would accept without one.
    if app.ctx.agent is None or not app.ctx.agent.is_ready():
        raise SystemExit(refuse(f"the language model {name} cannot be loaded"))


async def _tell(ready: int, _app: Any, _loop: Any) -> None:
    os.write(ready, b"1")


async def _only_known_routes(request: Any) -> Any:
    from sanic.response import json as json_response  # noqa: PLC0415

    if request.path not in ROUTES:
        return json_response({"code": "not_found"}, status=404)
    return None


if __name__ == "__main__":
    raise SystemExit(main())
