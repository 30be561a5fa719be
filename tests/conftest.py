"""What every test may use, and one line about what was left out."""

import os

import pytest
from playwright.async_api import expect

from tests.database import database, database_url, keyless, keyring, postgres_template
from tests.rasa_process import rasa_service

__all__ = [
    "database",
    "database_url",
    "keyless",
    "keyring",
    "postgres_template",
    "rasa_service",
]

# Four workers share two cores; what is true is waited for no longer, only what is not.
expect.set_options(timeout=30_000)

REQUIRE_ALL = "GYEOT_REQUIRE_ALL"
OPTIONAL = ("GYEOT_RECORDED_PAYLOADS is not set",)
"""Reasons that fail nothing: the recorded payloads belong to others and are not ours to ship."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = _left_out(terminalreporter)
    if left_out:
        parts = [f"{number} x {reason}" for reason, number in sorted(left_out.items())]
        terminalreporter.write_line(f"left out: {'; '.join(parts)}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    required = os.environ.get(REQUIRE_ALL) == "1"
    if reporter is None or not required or exitstatus != 0:
        return
    if any(reason not in OPTIONAL for reason in _left_out(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _left_out(reporter: pytest.TerminalReporter) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for report in reporter.stats.get("skipped", []):
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        reason = reason.removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    return reasons
