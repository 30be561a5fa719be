"""What a database server is told to keep to itself, read from the server as it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engines import driver_errors, is_sqlite
from storage.migrate import migration_engine

WANTED: Mapping[str, tuple[frozenset[str], str]] = {
    "log_statement": (frozenset({"none"}), "none"),
    "log_min_error_statement": (frozenset({"fatal", "panic"}), "panic"),
    "log_min_duration_statement": (frozenset({"-1"}), "-1"),
    "log_min_duration_sample": (frozenset({"-1"}), "-1"),
    "log_transaction_sample_rate": (frozenset({"0"}), "0"),
    "log_parameter_max_length": (frozenset({"0"}), "0"),
    "log_parameter_max_length_on_error": (frozenset({"0"}), "0"),
    "log_error_verbosity": (frozenset({"terse"}), "terse"),
}
"""Settings that let statements or their values into the server's log: what is right, what to set.

What is said is sealed before it comes to the server. But a log with sealed values, hashes and
wrapped keys in it is one more copy, which no erasure reaches.
"""
VERIFYING = frozenset({"verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the server that was looked at; `advice` says what to do, "" when well."""

    name: str
    well: bool | None  # None: it depends on what only the operator knows
    advice: str


async def look(url: str) -> tuple[Finding, ...]:
    """Ask a PostgreSQL server how it is set; an embedded database has nothing to ask.

    Raises:
        DatabaseAway: it cannot be reached now.
    """
    if is_sqlite(url):
        return ()
    engine = migration_engine(url, None)
    try:
        with driver_errors():
            async with engine.connect() as connection:
                settings = await _settings(connection)
                encrypted = await _is_encrypted(connection)
    finally:
        await engine.dispose()
    return (*judged(settings), way(make_url(url), encrypted=encrypted))


def judged(settings: Mapping[str, str]) -> tuple[Finding, ...]:
    """Compare what a server logs with what it should; settings it does not know are left out."""
    return tuple(
        Finding(name, settings[name] in right, "" if settings[name] in right else _set(name, value))
        for name, (right, value) in WANTED.items()
        if name in settings
    )


def way(url: URL, *, encrypted: bool) -> Finding:
    """Judge how a connection gets to its server."""
    host = str(url.query.get("host", url.host or ""))
    if not host or host.startswith("/") or _is_here(host):
        return Finding("connection", True, "")
    if encrypted and url.query.get("sslmode") in VERIFYING:
        return Finding("connection", True, "")
    advice = "add ?sslmode=verify-full&sslrootcert=… to the address"
    if encrypted:
        return Finding("connection", False, f"encrypted, but to whom is not checked: {advice}")
    note = f"not encrypted: {advice}, unless both are containers of one machine"
    return Finding("connection", None if "." not in host else False, note)


async def _settings(connection: AsyncConnection) -> Mapping[str, str]:
    rows = await connection.execute(text("SELECT name, setting FROM pg_settings"))
    return {row.name: row.setting for row in rows}


async def _is_encrypted(connection: AsyncConnection) -> bool:
    query = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    return bool((await connection.execute(query)).scalar_one_or_none())


def _set(name: str, value: str) -> str:
    return f"ALTER SYSTEM SET {name} = '{value}'; SELECT pg_reload_conf();"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
