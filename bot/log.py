"""Log lines: an event, our own ids, numbers; set once for every library."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from types import TracebackType

FIELDS = frozenset(
    {
        "channel", "conversation", "delivery", "attempt", "count", "code", "error", "port",
        "status", "route", "ms", "state", "reason", "where", "staff", "version",
    }
)  # fmt: skip
"""What a line may carry beside its event's name; anything else is dropped, not masked."""

OURS = "gyeot"
"""The first part of our own loggers' names; every other logger is a library's."""


class Line(logging.Formatter):
    """One JSON object a line; the text of an exception never appears, only where it arose."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record: our own events whole, a library's only as its name and place."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.split(".")[0] == OURS:
            line["event"] = str(record.msg)
            line |= {name: value for name, value in vars(record).items() if name in FIELDS}
        else:
            line["where"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            line |= _where(record.exc_info[1])
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(level: str) -> None:
    """Set every logger: ours at `level`, libraries from warning upwards, one way out for all.

    A library that made a logger with a level or an output of its own loses both: it would
    print addresses, frames or statements. What nobody catches comes out as a line, too.
    """
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(Line())
    logging.raiseExceptions = False  # else a line that cannot be written prints its arguments
    for name in list(logging.root.manager.loggerDict):
        _take_over(logging.getLogger(name))
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda seen: _report(seen.exc_value)
    threading.excepthook = lambda seen: _report(seen.exc_value)


def _take_over(logger: logging.Logger) -> None:
    logger.handlers[:] = []
    logger.filters[:] = []
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def _uncaught(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        _report(error)


def _report(error: BaseException | None) -> None:
    logging.getLogger(OURS).critical("not caught", exc_info=error)


def _where(error: BaseException) -> dict[str, object]:
    """The class of an error and the code line that raised it, without its words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    return {"error": type(error).__name__, "where": place, "code": getattr(error, "code", "")}
