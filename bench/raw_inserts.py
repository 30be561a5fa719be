"""The limit of the disk and the database: a row and a commit, or 64 rows and a commit."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

ROW_BYTES = 450  # what one accepted delivery weighs in the inbox, sealed and padded


def sqlite_rows(path: Path, *, together: int, seconds: float) -> float:
    """Return rows a second on SQLite in WAL mode with synchronous=FULL."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS raw (id INTEGER PRIMARY KEY, hash BLOB UNIQUE, body BLOB)"
        )
        rate = _loop(lambda: _sqlite_commit(connection, together), together, seconds)
    connection.close()
    return rate


def postgres_rows(address: str, *, together: int, seconds: float) -> float:
    """Return rows a second on PostgreSQL through psycopg, one connection."""
    with psycopg.connect(address) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS raw (id BIGSERIAL PRIMARY KEY, hash BYTEA UNIQUE, "
            "body BYTEA)"
        )
        connection.commit()
        return _loop(lambda: _postgres_commit(connection, together), together, seconds)


def _loop(commit: Callable[[], None], together: int, seconds: float) -> float:
    began, rows = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        commit()
        rows += together
    return rows / (time.perf_counter() - began)


def _sqlite_commit(connection: sqlite3.Connection, together: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO raw (hash, body) VALUES (?, ?)", _rows(together))
    connection.execute("COMMIT")


def _postgres_commit(connection: "psycopg.Connection[object]", together: int) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO raw (hash, body) VALUES (%s, %s)", _rows(together))
    connection.commit()


def _rows(count: int) -> list[tuple[bytes, bytes]]:
    return [(os.urandom(32), os.urandom(ROW_BYTES)) for _ in range(count)]
