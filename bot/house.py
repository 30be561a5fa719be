"""Every part of a process, made and joined; the only reader of the clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from bot import tabs, typing_signs
from bot.channels.base import Channel
from bot.channels.web import WebChannel
from bot.config import Settings
from bot.content_folder import ContentFolder
from bot.dialogue.content import FOLDER
from bot.drift import Drift
from bot.flood import Flood
from bot.intake import Intake
from bot.lexicon_file import LexiconFile
from bot.nlu_client import NluClient, client_for
from bot.notices import ContentNotices
from bot.parting import Parting
from bot.practice import PracticeChannel, load_scripts
from bot.pressure import Pressure
from bot.registry import make_channels, secret, use
from bot.roles import ProcessRole
from bot.root import keyring_of
from bot.sealing import Sealer
from bot.sender import Sender
from bot.shadow import Shadow
from bot.steering import Steering
from bot.weekly_sums import WeeklySums
from storage.database import Database, open_database
from storage.ledger import Ledger


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """Every part that a loop or a page needs."""

    settings: Settings
    roles: Collection[ProcessRole]
    process: UUID
    database: Database
    ledger: Ledger
    content: ContentFolder
    lexicon: LexiconFile
    steering: Steering
    sums: WeeklySums
    drift: Drift
    shadow: Shadow | None  # None: no candidate is asked
    nlu: NluClient
    intake: Intake
    notices: ContentNotices
    providers: Mapping[str, Channel]
    sender: Sender
    parting: Parting
    web: WebChannel
    practice: PracticeChannel
    pressure: Pressure
    sealer: Sealer


def make_house(settings: Settings, roles: Collection[ProcessRole]) -> House:
    """Make every part of a process; nothing runs yet."""
    process = uuid4()
    keyring = keyring_of(settings)
    database = open_database(settings.database, keyring=keyring)
    folder = settings.content or FOLDER
    shelf = ContentFolder(folder)
    content = shelf.current
    web = WebChannel(
        utc_now,
        returned=tabs.returning(database, process, utc_now),
        writes=typing_signs.writes(database),
    )
    lexicon = LexiconFile(folder, settings.lexicon)
    steering = Steering(database, lexicon, shelf)
    providers = make_channels(settings, content, utc_now)
    channels = {**providers, web.name: web}
    flood, notices = Flood(content, lexicon), ContentNotices(content)
    shelf.follow(partial(use, providers))
    shelf.follow(flood.use)
    shelf.follow(notices.use)
    intake = Intake(
        database,
        utc_now,
        flood=flood,
        holders={name: process for name, one in channels.items() if one.capabilities.held},
    )
    practice = PracticeChannel(load_scripts(), intake.store, utc_now)
    here = _sent_here({**channels, practice.name: practice}, roles)
    pressure, sums = Pressure(), WeeklySums()
    return House(
        settings=settings,
        roles=roles,
        process=process,
        database=database,
        ledger=Ledger(settings.ledger_path, keyring.current.id),
        content=shelf,
        lexicon=lexicon,
        steering=steering,
        sums=sums,
        drift=Drift(sums, settings.nlu_current),
        shadow=_shadow(settings, sums, pressure),
        nlu=language_service(settings),
        intake=intake,
        notices=notices,
        providers=providers,
        sender=Sender(database, here, process, utc_now),
        parting=Parting(database, here, process, utc_now),
        web=web,
        practice=practice,
        pressure=pressure,
        sealer=Sealer(database, settings.checkpoints_path, utc_now),
    )


def language_service(settings: Settings, *, patient: bool = False) -> NluClient:
    """Return the way to the language service that the settings name; `patient`: see there."""
    http, token = client_for(settings.nlu_url), secret(settings.nlu_token) or None
    return NluClient(http, token, current=settings.nlu_current, patient=patient)


def _shadow(settings: Settings, sums: WeeklySums, pressure: Pressure) -> Shadow | None:
    """Return what asks a candidate beside the language service, if the settings name one."""
    if settings.nlu_shadow_url is None:
        return None
    http, token = client_for(settings.nlu_shadow_url), secret(settings.nlu_token) or None
    return Shadow(NluClient(http, token), sums, pressed=lambda: pressure.high)


def _sent_here(
    channels: Mapping[str, Channel], roles: Collection[ProcessRole]
) -> Mapping[str, Channel]:
    """Return the channels this process sends on: where it has the connections, and as a sender."""
    return {
        name: channel
        for name, channel in channels.items()
        if (ProcessRole.WEB if channel.capabilities.held else ProcessRole.SENDER) in roles
    }
