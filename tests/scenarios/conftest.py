"""The running house."""

from tests.scenarios.fixtures import house, line, telegram

__all__ = ["house", "line", "telegram"]
