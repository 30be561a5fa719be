"""The command line; `python -m bot --help` lists the commands."""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot import audit, backup, dead, keys, purge, release, report, review, training
from bot.app import serve
from bot.bubbles import load_fitting
from bot.chat import chat
from bot.check import all_well, check_database, check_settings, database_table, table
from bot.config import Settings, read_settings
from bot.dialogue.content import FOLDER, Content
from bot.dialogue.content_file import ContentError
from bot.guard import judge, read_sentences
from bot.hardening import harden
from bot.house import language_service, utc_now
from bot.lexicon_file import LexiconFile
from bot.log import configure
from bot.nlu_client import NluClient
from bot.refused import Refused
from bot.roles import ALL, ProcessRole, read_roles
from bot.root import keyring_of
from bot.score import read_items, score
from storage import erasure, staff
from storage.database import Database, migrate, open_database
from storage.errors import (
    DatabaseTaken,
    KeyringUnusable,
    KeysAway,
    LedgerDamaged,
    LedgerMissing,
    NoiseMissing,
    NotFound,
    NothingToReplay,
    StorageError,
)
from storage.ledger import Ledger
from storage.records import Language, Role

INVITATION = timedelta(hours=24)


def main() -> int:
    """Run one command; what is wrong is said in one sentence and gives exit code 1."""
    arguments = _parser().parse_args()
    harden()
    try:
        settings = read_settings()
        configure(settings.log_level)
        arguments.run(settings, arguments)
    except (ValidationError, ContentError, Refused, StorageError) as error:
        return _refuse(_sentence(error))
    return 0


_SENTENCES: Mapping[type[StorageError], str] = {
    KeyringUnusable: "the keyring cannot be used ({code}); see docs/operations.md.",
    KeysAway: "the key service does not answer ({code}); try again.",
    NotFound: "there is no such letter; python -m bot dead list shows all.",
    NothingToReplay: "what it said is erased already; it cannot be tried again.",
    LedgerMissing: "the erasure ledger is not where it was ({code}); see docs/operations.md.",
    LedgerDamaged: "the erasure ledger cannot be used ({code}); see docs/operations.md.",
    DatabaseTaken: "another process serves this database; stop it first.",
    NoiseMissing: release.INSTALL,
    **backup.SENTENCES,
}


def _sentence(error: Exception) -> str:
    """Say what is wrong and what to do; never a value."""
    if isinstance(error, ValidationError):
        wrong = ", ".join(sorted({_wrong(one) for one in error.errors()}))
        return f"settings are wrong: {wrong}; see .env.example."
    if isinstance(error, StorageError):
        other = "the database cannot be used ({code})."
        words = backup.WORDS.get(error.code) or _SENTENCES.get(type(error), other)
        return words.format(code=error.code)
    if isinstance(error, ContentError):
        return f"the content files are not right: {error}"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serving = _command(commands, "serve", _serve, "run the house, or a part of it")
    serving.add_argument("--roles", type=_roles, default=ALL, help="web,worker,sender; or some")
    _command(commands, "setup", _setup, "make keys, database and the first invitation")
    keys.add_arguments(_command(commands, "keys", _keys, "look at the keys, rotate, recover"))
    backup.declare(lambda name, words: _command(commands, name, _backup, words))
    _command(commands, "migrate", _migrate, "bring the database to this version")
    _command(commands, "check", _check, "ask providers and database whether all is set right")
    _command(commands, "train", _train, "run a house to practice in, apart from the real one")
    people = _command(commands, "staff", _invite, "invite a member of staff")
    people.add_argument("action", choices=["invite"])
    people.add_argument("--role", type=Role, choices=list(Role), default=Role.COUNSELOR)
    letters = _command(commands, "dead", _dead, "look at dead letters, or try one again")
    letters.add_argument("action", choices=["list", "show", "replay"])
    letters.add_argument("id", nargs="?", type=UUID)
    purge.add_arguments(_command(commands, "purge", _purge, "let go what is over its time"))
    log = _command(commands, "audit", _audit, "verify that nobody tampered with the audit log")
    log.add_argument("action", choices=["verify"])
    log.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE")
    _command(commands, "score", _score, "score sentences of a file").add_argument("file", type=Path)
    _command(commands, "chat", _chat, "talk with the bot in this terminal; nothing is stored")
    _add_content(commands)
    _command(commands, "guard", _guard, "guard sentences of a file").add_argument("file", type=Path)
    numbers = _command(commands, "report", _report, "write the report of a month as an HTML file")
    numbers.add_argument("--month", required=True, help="2026-11")
    numbers.add_argument("--language", type=Language, choices=list(Language), default=Language.KO)
    numbers.add_argument("--folder", type=Path, default=Path())
    public = _command(
        commands, "release", _release, "write a month's numbers for the public, noisy"
    )
    public.add_argument("--month", required=True, help="2026-11")
    public.add_argument("--epsilon", type=float, help="publish and draw it now, at this cost")
    public.add_argument("--folder", type=Path, default=Path())
    return parser


def _add_content(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    content = _command(commands, "content", _check_content, "check what the bot can say")
    actions = content.add_subparsers(metavar="ACTION", required=True)
    _command(actions, "check", _check_content, "check every sentence and how hard it is to read")
    page = _command(actions, "preview", _preview, "print a page of talks, see docs/content.md")
    page.add_argument("plays", type=Path, nargs="+", metavar="PLAY")


def _roles(words: str) -> frozenset[ProcessRole]:
    try:
        return read_roles(words)
    except ValueError:
        raise argparse.ArgumentTypeError("choose from web,worker,sender") from None


def _serve(settings: Settings, arguments: argparse.Namespace) -> None:
    if arguments.roles != ALL and settings.is_embedded:
        raise SystemExit(
            _refuse("on SQLite one process does all; leave --roles out, or set a PostgreSQL.")
        )
    serve(settings, arguments.roles)


def _train(settings: Settings, arguments: argparse.Namespace) -> None:
    own = training.training(settings)
    _setup(own, arguments)
    print(training.words(own), flush=True)
    serve(own, ALL)


def _dead(settings: Settings, arguments: argparse.Namespace) -> None:
    if arguments.action != "list" and arguments.id is None:
        raise SystemExit(_refuse(f"name the letter: python -m bot dead {arguments.action} ID."))
    print(asyncio.run(_look_at_the_dead(settings, arguments.action, arguments.id)))


async def _look_at_the_dead(settings: Settings, action: str, letter: UUID) -> str:
    async with _opened(settings) as database:
        if action == "list":
            return await dead.listed(database)
        if action == "show":
            return await dead.shown(database, letter)
        return await dead.replayed(database, letter, now=utc_now())


def _check_content(settings: Settings, _: argparse.Namespace) -> None:
    print(review.checked(_content(settings)))


def _preview(settings: Settings, arguments: argparse.Namespace) -> None:
    print(review.preview(arguments.plays, _content(settings)))


def _content(settings: Settings) -> Content:
    return load_fitting(settings.content or FOLDER)


def _chat(settings: Settings, _: argparse.Namespace) -> None:
    asyncio.run(_print_chat(settings))


async def _print_chat(settings: Settings) -> None:
    async with _language_service(settings) as nlu:
        lexicon = LexiconFile(settings.content or FOLDER, settings.lexicon).current(utc_now())
        async for line in chat(sys.stdin.readline, _content(settings), nlu, lexicon=lexicon):
            print(line, flush=True)


def _report(settings: Settings, arguments: argparse.Namespace) -> None:
    print(asyncio.run(_write_report(settings, arguments)))


async def _write_report(settings: Settings, arguments: argparse.Namespace) -> str:
    async with _opened(settings) as database:
        return await report.written(
            database,
            arguments.month,
            arguments.language,
            arguments.folder,
            now=utc_now(),
            public=release.public(settings.release_epsilon),
        )


def _release(settings: Settings, arguments: argparse.Namespace) -> None:
    print(asyncio.run(_write_release(settings, arguments)))


async def _write_release(settings: Settings, arguments: argparse.Namespace) -> str:
    month, epsilon = arguments.month, arguments.epsilon
    async with _opened(settings) as database:
        return await release.released(database, month, epsilon, arguments.folder, now=utc_now())


def _purge(settings: Settings, arguments: argparse.Namespace) -> None:
    print(asyncio.run(_let_go(settings, arguments)))


async def _let_go(settings: Settings, arguments: argparse.Namespace) -> str:
    async with _opened(settings) as database:
        return await purge.run(database, settings, arguments, utc_now)


def _audit(settings: Settings, arguments: argparse.Namespace) -> None:
    text, sound = asyncio.run(_verify_the_log(settings, arguments.checkpoint))
    print(text)
    if not sound:
        raise SystemExit(1)


async def _verify_the_log(settings: Settings, files: Sequence[Path]) -> tuple[str, bool]:
    async with _opened(settings) as database:
        return await audit.verified(database, files)


def _score(settings: Settings, arguments: argparse.Namespace) -> None:
    asyncio.run(_print_scores(settings, arguments.file))


async def _print_scores(settings: Settings, path: Path) -> None:
    lexicon = LexiconFile(settings.content or FOLDER, settings.lexicon).current(utc_now())
    async with _language_service(settings, patient=True) as nlu:
        async for line in score(read_items(path), nlu, lexicon=lexicon):
            print(line, flush=True)


@asynccontextmanager
async def _language_service(
    settings: Settings, *, patient: bool = False
) -> AsyncGenerator[NluClient]:
    nlu = language_service(settings, patient=patient)
    try:
        yield nlu
    finally:
        await nlu.close()


def _guard(_: Settings, arguments: argparse.Namespace) -> None:
    for line in judge(read_sentences(arguments.file)):
        print(line)


def _migrate(settings: Settings, _: argparse.Namespace) -> None:
    asyncio.run(migrate(settings.database))


def _setup(settings: Settings, _: argparse.Namespace) -> None:
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(migrate(settings.database))
    asyncio.run(_set_up(settings))


def _keys(settings: Settings, arguments: argparse.Namespace) -> None:
    print(asyncio.run(keys.run(settings, arguments, now=utc_now())))


def _backup(settings: Settings, arguments: argparse.Namespace) -> None:
    print(asyncio.run(backup.run(settings, arguments, now=utc_now())))


def _check(settings: Settings, _: argparse.Namespace) -> None:
    checkups = asyncio.run(check_settings(settings, utc_now))
    findings = asyncio.run(check_database(settings.database))
    words, restorable = asyncio.run(backup.restore_line(settings, now=utc_now()))
    print(table(checkups), *filter(None, [database_table(findings), words]), sep="\n\n")
    if not all_well(checkups) or any(one.well is False for one in findings) or not restorable:
        raise SystemExit(1)


def _invite(settings: Settings, arguments: argparse.Namespace) -> None:
    asyncio.run(_print_invitation(settings, arguments.role))


async def _set_up(settings: Settings) -> None:
    for line in await keys.prepare(settings, now=utc_now()):
        print(line)
    async with _opened(settings) as database:
        await database.prove_keyring()
        ledger = Ledger(settings.ledger_path, database.vault.keyring.id)
        await erasure.prepare(database, ledger, now=utc_now())
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
    database = open_database(settings.database, keyring=keyring_of(settings))
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
