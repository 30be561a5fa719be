"""Logging as the product sets it, undone afterwards."""

import io
import logging
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

from bot.log import configure


class _StderrOfTheMoment(io.TextIOBase):
    """Pytest replaces and closes `sys.stderr` between fixtures and tests."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)


@contextmanager
def product_log(level: str) -> Generator[None]:
    """Log as the product does at this level until the block ends."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, list(root.manager.loggerDict))]
    before = [(one, one.level, one.handlers[:], one.propagate) for one in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    configure(level)
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(_StderrOfTheMoment())
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.raiseExceptions = True
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        for logger, own, handlers, propagate in before:
            logger.setLevel(own)
            logger.handlers[:] = handlers
            logger.propagate = propagate
