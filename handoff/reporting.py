"""The report that the law orders (신고의무): written here, brought to the police by a person.

Nothing in here calls anybody. A counselor notices the duty, which starts a clock; the young
person is told first, or it is written down why that would endanger them; another person signs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import TypeAdapter, ValidationError

from handoff import steps
from handoff.errors import HandoffError, IllegalTransition, NotAudited, NotOwner
from handoff.notices import Notices
from handoff.queue import checked
from storage import case_notes, conversations, reports, tallies
from storage.database import Database, Session
from storage.errors import DatabaseAway, NotFound, NotWrittenDown
from storage.metric_tables import BEGUN, FILED, SIGNED
from storage.records import TRAINING, Conversation, ConversationState, Role, Speaker, Staff
from storage.reports import Report, ReportState

State = ReportState
WORKED_ON = (ConversationState.ACTIVE, ConversationState.WRAPUP, ConversationState.CLOSED)
"""States of a talk whose counselor works on its report."""


class Event(StrEnum):
    """What can happen to a report."""

    EDIT = "edit"
    TELL = "tell"  # the young person was told, or it was written why not
    ASK = "ask"  # a supervisor is asked to sign
    SIGN = "sign"
    RETURN = "return"  # the supervisor wants it changed
    FILE = "file"  # it was brought to the police; the receipt is noted


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.DRAFT, Event.EDIT): State.DRAFT,
    (State.DRAFT, Event.TELL): State.TOLD,
    (State.TOLD, Event.EDIT): State.TOLD,
    (State.TOLD, Event.ASK): State.ASKED,
    (State.ASKED, Event.SIGN): State.SIGNED,
    (State.ASKED, Event.RETURN): State.TOLD,
    (State.SIGNED, Event.FILE): State.FILED,
}
"""The specification: a pair that is not here cannot happen. Nobody signs what was not told."""


class Category(StrEnum):
    """What is reported."""

    GROOMING = "grooming"
    EXTORTION = "extortion"
    IMAGES = "images"
    TRADE = "trade"
    ASSAULT = "assault"
    OTHER = "other"


class Recipient(StrEnum):
    """To whom."""

    POLICE_112 = "police_112"
    POLICE_117 = "police_117"
    AGENCY = "agency"


class Duty(StrEnum):
    """By which duty."""

    ART_34 = "art_34"  # Act on the Protection of Children and Youth against Sex Offenses
    ABUSE_ART_10 = "abuse_art_10"  # Act on Special Cases concerning Child Abuse
    OTHER = "other"


class WhyUntold(StrEnum):
    """Why telling the young person would endanger them or cannot be done."""

    WATCHED = "untold_watched"
    DANGER = "untold_danger"
    UNREACHABLE = "untold_unreachable"


TOLD = "told"


class NeedsSecondPerson(HandoffError):
    """A report is signed by a supervisor who did not write it: ask somebody else."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a report says."""

    category: Category
    learned: str = field(repr=False)  # when it was learned, in the counselor's words
    recipient: Recipient
    duty: Duty
    known: str = field(repr=False)  # what is known, in the counselor's words; never a picture


_DRAFT = TypeAdapter(Draft)


def after(state: State, event: Event) -> State:
    """Return the state that follows `event` in `state`.

    Raises:
        IllegalTransition: the pair is not in `TRANSITIONS`.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"report_{event}_in_{state}") from None


async def notice(database: Database, staff: Staff, talk_id: UUID, *, now: datetime) -> None:
    """Start the clock: somebody sees that a report may be owed. Again, it changes nothing.

    Raises:
        NotOwner: not the talk's counselor, or a practice talk, which is nobody's.
    """
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        if talk.channel == TRAINING:
            raise NotOwner("not_owner")
        if await reports.begin(session, Report(talk.id, State.DRAFT, now, staff.id)):
            tallies.reported(session, BEGUN, now=now)
            await steps.note(session, staff, "report_notice", talk, now=now)


async def write(
    database: Database, staff: Staff, talk_id: UUID, draft: Draft, *, now: datetime
) -> None:
    """Keep the draft, sealed with the talk; the newest counts.

    Raises:
        NotOwner, IllegalTransition, TextRefused: nothing was written.
        NotFound: there is no report.
    """
    whole = replace(draft, learned=checked(draft.learned), known=checked(draft.known))
    text = _DRAFT.dump_json(whole).decode()
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        await _step(session, talk.id, Event.EDIT)
        await _sealed(session, database, staff, talk, case_notes.REPORT, text, now=now)
        await steps.note(session, staff, "report_write", talk, now=now)


async def tell(
    database: Database, notices: Notices, staff: Staff, talk_id: UUID, *, now: datetime
) -> None:
    """Tell the young person in the reviewed words that a report may have to be made.

    Raises:
        NotOwner: they do not lead the talk now.
        NotFound, IllegalTransition: nothing was sent.
    """
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        if talk.state is not ConversationState.ACTIVE:
            raise NotOwner("not_owner")
        await _step(session, talk.id, Event.TELL, told=TOLD, told_at=now)
        await steps.save(session, talk, talk, staff=staff, action="report_tell", now=now)
        words = notices.duty("report", talk.language)
        await steps.send(session, database.vault, talk, words, speaker=Speaker.BOT, now=now)


async def not_told(
    database: Database, staff: Staff, talk_id: UUID, *, reason: WhyUntold, why: str, now: datetime
) -> None:
    """Write down why the young person is not told: a code, and a sealed sentence.

    Raises:
        NotOwner, NotFound, IllegalTransition, TextRefused: nothing was written.
    """
    words = checked(why)
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        await _step(session, talk.id, Event.TELL, told=reason.value, told_at=now)
        await _sealed(session, database, staff, talk, case_notes.UNTOLD, words, now=now)
        await steps.note(session, staff, "report_untold", talk, purpose=reason.value, now=now)


async def ask(database: Database, staff: Staff, talk_id: UUID, *, now: datetime) -> None:
    """Ask a supervisor to sign.

    Raises:
        NotOwner, NotFound, IllegalTransition: nothing was written.
    """
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id)
        kinds = (case_notes.REPORT,)
        if not await case_notes.read(session, database.vault, talk.id, kinds=kinds):
            raise IllegalTransition("report_empty")
        await _step(session, talk.id, Event.ASK, asked_by=staff.id)
        await steps.note(session, staff, "report_ask", talk, now=now)


async def decide(
    database: Database, staff: Staff, talk_id: UUID, *, sign: bool, now: datetime
) -> None:
    """Sign a report, or give it back, as the second person.

    Raises:
        NeedsSecondPerson: not a supervisor, or somebody who had a hand in it.
        NotFound, IllegalTransition: nothing was written.
    """
    async with database.transaction() as session:
        await _second(session, staff, talk_id)
        talk = await conversations.get(session, talk_id)
        if sign:
            await _step(session, talk.id, Event.SIGN, signed_by=staff.id, signed_at=now)
            tallies.reported(session, SIGNED, now=now)
        else:
            await _step(session, talk.id, Event.RETURN)
        action = "report_sign" if sign else "report_return"
        await steps.note(session, staff, action, talk, now=now)


async def file(
    database: Database, staff: Staff, talk_id: UUID, *, receipt: str, now: datetime
) -> None:
    """Note that a person brought the report to the police, and the number they gave, sealed.

    Raises:
        NotOwner, NotFound, IllegalTransition, TextRefused: nothing was written.
    """
    words = checked(receipt)
    async with database.transaction() as session:
        talk = await _theirs(session, staff, talk_id, also_supervisors=True)
        await _step(session, talk.id, Event.FILE, filed_at=now)
        tallies.reported(session, FILED, now=now)
        await _sealed(session, database, staff, talk, case_notes.RECEIPT, words, now=now)
        await steps.note(session, staff, "report_file", talk, now=now)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report as its page shows it."""

    report: Report
    draft: Draft | None
    why_untold: str = field(repr=False)
    receipt: str = field(repr=False)


async def read(database: Database, staff: Staff, talk_id: UUID, *, now: datetime) -> Sheet | None:
    """Open a report for its counselor or a supervisor; the reading is committed first.

    Returns:
        None when the talk has no report.

    Raises:
        NotOwner: neither of them.
        NotAudited: it could not be written down, so nothing was opened.
    """
    try:
        async with database.transaction() as session:
            talk = await _theirs(session, staff, talk_id, also_supervisors=True)
            report = await reports.of_talk(session, talk.id)
            if report is None:
                return None
            await steps.note(session, staff, "report_read", talk, now=now)
    except (DatabaseAway, NotWrittenDown):
        raise NotAudited("not_audited") from None
    kinds = (case_notes.REPORT, case_notes.UNTOLD, case_notes.RECEIPT)
    async with database.reading() as session:
        notes = await case_notes.read(session, database.vault, talk.id, kinds=kinds)
    newest = {one.kind: one.text for one in notes}
    written = newest.get(case_notes.REPORT)
    return Sheet(
        report,
        None if written is None else _DRAFT.validate_json(written),
        newest.get(case_notes.UNTOLD, ""),
        newest.get(case_notes.RECEIPT, ""),
    )


async def owed(session: Session) -> Sequence[Report]:
    """Return every report that was not brought to the police yet, oldest duty first."""
    return await reports.unfiled(session)


def draft_of(fields: Mapping[str, str]) -> Draft | None:
    """Read a draft from a page's fields; None when a choice is missing."""
    names = ("category", "learned", "recipient", "duty", "known")
    try:
        return _DRAFT.validate_python({name: fields.get(name, "") for name in names})
    except ValidationError:
        return None


async def _step(session: Session, talk_id: UUID, event: Event, **changes: object) -> None:
    before = await reports.get(session, talk_id)
    moved = replace(before, state=after(before.state, event), **changes)  # type: ignore[arg-type]  # names and types are those of Report at each call
    await reports.save(session, before, moved)


async def _sealed(
    session: Session,
    database: Database,
    staff: Staff,
    talk: Conversation,
    kind: str,
    text: str,
    *,
    now: datetime,
) -> None:
    await case_notes.add(
        session, database.vault, talk.id, note_id=uuid4(), staff_id=staff.id, text=text,
        kind=kind, now=now,
    )  # fmt: skip


async def _theirs(
    session: Session, staff: Staff, talk_id: UUID, *, also_supervisors: bool = False
) -> Conversation:
    try:
        talk = await conversations.get(session, talk_id)
    except NotFound:
        raise NotOwner("not_owner") from None
    leads = talk.owner_id == staff.id and talk.state in WORKED_ON
    allowed = leads or (also_supervisors and staff.role is Role.SUPERVISOR)
    if not allowed or talk.state is ConversationState.ERASED:
        raise NotOwner("not_owner")
    return talk


async def _second(session: Session, staff: Staff, talk_id: UUID) -> None:
    report = await reports.get(session, talk_id)
    writers = (report.asked_by, report.noticed_by)
    if staff.role is not Role.SUPERVISOR or staff.id in writers:
        raise NeedsSecondPerson("needs_second_person")
