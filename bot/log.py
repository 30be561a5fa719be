"""Log lines: an event, our own ids, numbers; set once for every library."""

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = frozenset(
    {
        "channel", "conversation", "delivery", "attempt", "count", "code", "error", "port",
        "status", "route", "ms", "state", "reason", "where", "staff", "version",
    }
)  # fmt: skip
"""What a line may carry beside its event's name; anything else is dropped, not masked."""

QUIET = (
    "httpx", "httpcore", "telegram", "linebot", "aiohttp", "urllib3", "asyncio", "aiosqlite",
    "sqlalchemy", "psycopg", "websockets", "uvicorn", "uvicorn.access", "uvicorn.error",
    "multipart", "python_multipart", "alembic",
)  # fmt: skip
"""Libraries that would print URLs, frames or statements; they speak from warning upwards."""


class Line(logging.Formatter):
    """One JSON object a line; the text of an exception never appears, only where it arose."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record: our own events whole, a library's only as its name and place."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.startswith("gyeot"):
            line["event"] = str(record.msg)
        else:
            line["where"] = f"{record.module}:{record.lineno}"
        line |= {name: value for name, value in vars(record).items() if name in FIELDS}
        if record.exc_info and record.exc_info[1] is not None:
            line |= _where(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(level: str) -> None:
    """Set every logger: ours at `level`, libraries quiet, one handler on the root."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(Line())
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(logging.WARNING)
    logging.getLogger("gyeot").setLevel(level.upper())
    for name in QUIET:
        noisy = logging.getLogger(name)
        noisy.handlers[:] = []
        noisy.propagate = True
        noisy.setLevel(logging.WARNING)


def _where(error: BaseException) -> dict[str, object]:
    """The class of an error and the code line that raised it, without its words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    return {"error": type(error).__name__, "where": place, "code": getattr(error, "code", "")}
