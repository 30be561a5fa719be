"""The command line: `python -m bot serve | setup | migrate | staff | check`."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.app import serve, utc_now
from bot.check import all_well, check_settings, table
from bot.config import Settings, read_settings
from bot.dialogue.content_file import ContentError
from bot.log import configure
from storage import staff
from storage.database import Database, knows_a_keyring, migrate, open_database
from storage.errors import KeyringUnusable, StorageError
from storage.keyring import create_keyring, load_keyring
from storage.records import Role

INVITATION = timedelta(hours=24)


def main() -> int:
    """Run one command; what is wrong is said in one sentence and gives exit code 1."""
    arguments = _parser().parse_args()
    try:
        settings = read_settings()
        configure(settings.log_level)
        arguments.run(settings, arguments)
    except ValidationError as error:
        wrong = ", ".join(sorted({_wrong(one) for one in error.errors()}))
        return _refuse(f"settings are wrong: {wrong}; see .env.example.")
    except KeyringUnusable as error:
        return _refuse(f"the keyring cannot be used ({error.code}); see docs/operations.md.")
    except ContentError as error:
        return _refuse(f"the content files are not right: {error}")
    except StorageError as error:
        return _refuse(f"the database cannot be used ({error.code}).")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "serve", _serve, "run the house")
    _command(commands, "setup", _setup, "make keys, database and the first invitation")
    _command(commands, "migrate", _migrate, "bring the database to this version")
    _command(commands, "check", _check, "ask each provider whether its channel is set up right")
    people = _command(commands, "staff", _invite, "invite a member of staff")
    people.add_argument("action", choices=["invite"])
    people.add_argument("--role", type=Role, choices=list(Role), default=Role.COUNSELOR)
    return parser


def _serve(settings: Settings, _: argparse.Namespace) -> None:
    serve(settings)


def _migrate(settings: Settings, _: argparse.Namespace) -> None:
    asyncio.run(migrate(settings.database))


def _setup(settings: Settings, _: argparse.Namespace) -> None:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(migrate(settings.database))
    asyncio.run(_set_up(settings))


def _check(settings: Settings, _: argparse.Namespace) -> None:
    checkups = asyncio.run(check_settings(settings, utc_now))
    print(table(checkups))
    if not all_well(checkups):
        raise SystemExit(1)


def _invite(settings: Settings, arguments: argparse.Namespace) -> None:
    asyncio.run(_print_invitation(settings, arguments.role))


async def _set_up(settings: Settings) -> None:
    if not settings.keyring_path.exists():
        # A keyring made for a database that has known another would open nothing in it.
        if await knows_a_keyring(settings.database):
            raise KeyringUnusable("keyring_absent")
        create_keyring(settings.keyring_path, now=utc_now())
        print(f"gyeot: made the keyring {settings.keyring_path}; keep a copy on another medium")
    async with _opened(settings) as database:
        await database.prove_keyring()
        async with database.reading() as session:
            nobody_works_here = await staff.count(session) == 0
    if nobody_works_here:
        async with _opened(settings) as database, database.transaction() as session:
            await staff.revoke_first_invitations(session)  # an old log may hold an old link
        await _print_invitation(settings, Role.SUPERVISOR)


async def _print_invitation(settings: Settings, role: Role) -> None:
    async with _opened(settings) as database, database.transaction() as session:
        token = await staff.invite(
            session,
            database.vault,
            role=role,
            invited_by=None,
            now=utc_now(),
            lifetime=INVITATION,
        )
    print(f"gyeot: one-time invitation (role: {role}), valid for 24 hours:")
    print(f"  {settings.address}/console/join#{token}")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[Database]:
    database = open_database(settings.database, keyring=load_keyring(settings.keyring_path))
    try:
        yield database
    finally:
        await database.close()


Run = Callable[[Settings, argparse.Namespace], None]


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Run, words: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(run=run)
    return parser


def _wrong(error: ErrorDetails) -> str:
    """Name what is wrong, never its value: a setting, or our own words for a pair of them."""
    place = error["loc"]
    return f"GYEOT_{place[0]}".upper() if place else str(error["ctx"]["error"])


def _refuse(sentence: str) -> int:
    print(f"gyeot: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
