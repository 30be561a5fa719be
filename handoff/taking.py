"""A console's wish becomes a step of the line, and the answer that console gets."""

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from handoff import company, held, passing, queue, stopping, typing_signs
from handoff.errors import HandoffError, TextRefused
from handoff.frames import Claimed, Done, Noted, PresenceKept, Refused, Said, ServerFrame
from handoff.notices import Notices
from handoff.permissions import may_wish
from handoff.prepared import never_unchanged
from handoff.wishes import (
    Accept,
    AskAlong,
    AskRelease,
    ChoosePresence,
    Claim,
    ClaimNext,
    Close,
    Decline,
    EndAlong,
    Heartbeat,
    Held,
    Join,
    JudgeRisk,
    MakeOffer,
    OwnersWish,
    Release,
    Say,
    ToBot,
    Typing,
    Wish,
    Withdraw,
    WriteNote,
    name_of,
)
from storage.database import Database
from storage.records import Staff

_NEVER_UNCHANGED = never_unchanged()


class _Limits(TypedDict):
    most: int | None
    rest_after: int | None


class Taker:
    """Takes the steps that one counselor asks for."""

    def __init__(
        self,
        database: Database,
        notices: Notices,
        staff: Staff,
        clock: Callable[[], datetime],
        most: int | None,
        rest_after: int | None = None,
    ) -> None:
        self._database = database
        self._notices = notices
        self._staff = staff
        self._clock = clock
        # How many talks they may lead at once, and after how many heavy ones they pause.
        self._limits: _Limits = {"most": most, "rest_after": rest_after}

    async def take(self, wish: Wish) -> list[ServerFrame]:
        """Take one step and return what its console is told; a refusal is an answer too."""
        if not may_wish(self._staff.role, name_of(wish)):
            return [refused(wish, "not_yours")]
        try:
            return await self._take(wish)
        except HandoffError as error:
            return [refused(wish, error.code)]

    async def beat(self) -> None:
        """Note that this counselor's console is alive."""
        await queue.heartbeat(self._database, self._staff, now=self._clock())

    async def _take(self, wish: Wish) -> list[ServerFrame]:  # noqa: C901, PLR0911 - one case a wish
        where = (self._database, self._notices, self._staff)
        now = self._clock()
        match wish:
            case Claim(talk, version):
                won = await queue.claim(*where, talk, version=version, now=now, **self._limits)
                return [Claimed(won.id)]
            case ClaimNext():
                taken = await queue.claim_next(*where, now=now, **self._limits)
                return [Claimed(taken.id) if taken else Refused("next", "nobody_waits")]
            case Accept(talk, epoch):
                await passing.accept(*where, talk, epoch=epoch, now=now)
                return [Claimed(talk)]
            case Decline(talk, epoch):
                await passing.decline(self._database, self._staff, talk, epoch=epoch, now=now)
                return [Done(talk, "decline")]
            case Join(talk, epoch):
                await company.join(self._database, self._staff, talk, epoch=epoch, now=now)
                return [Claimed(talk)]
            case EndAlong(talk, epoch):
                await company.end(self._database, self._staff, talk, epoch=epoch, now=now)
                return [Done(talk, "end_along")]
            case ChoosePresence(state):
                await passing.choose_presence(self._database, self._staff, state, now=now)
                return [PresenceKept(state)]
            case Typing(talk, epoch):
                await typing_signs.writes(self._database, self._staff, talk, epoch=epoch)
                return []
            case Heartbeat():
                await self.beat()
                return []
        return [await self._as_owner(wish, now)]

    async def _as_owner(  # noqa: C901 - one case a wish
        self, wish: OwnersWish, now: datetime
    ) -> ServerFrame:
        talk, epoch = wish.conversation, wish.epoch
        told = (self._database, self._notices, self._staff, talk)
        quiet = (self._database, self._staff, talk)
        match wish:
            case Say(_, _, _, text) if text.strip() in _NEVER_UNCHANGED:
                raise TextRefused("prepared_unchanged")
            case Say(_, _, key, text):
                line = await queue.say(*told, epoch=epoch, text=text, key=key, now=now)
                return Said(talk, key, line.seq)
            case AskRelease(_, _, key, text, reason):
                await stopping.ask_release(
                    *quiet, epoch=epoch, key=key, text=text, reason=reason, now=now
                )
            case WriteNote(_, _, key, text):
                await passing.write_note(*quiet, epoch=epoch, key=key, text=text, now=now)
                return Noted(talk, key)
            case Release(_, _, note):
                await queue.release(*told, epoch=epoch, now=now, note=note)
            case ToBot(_, _, seen):
                await passing.give_to_bot(*told, epoch=epoch, seen=seen, now=now)
            case Close(_, _, seen, outcome, follow_up):
                await queue.close(
                    *told, epoch=epoch, seen=seen, now=now, outcome=outcome, follow_up=follow_up
                )
            case JudgeRisk(_, _, risk):
                await passing.judge_risk(*quiet, epoch=epoch, risk=risk, now=now)
            case MakeOffer(_, _, colleague, note):
                await passing.offer(*quiet, epoch=epoch, colleague=colleague, note=note, now=now)
            case Held(_, _, act, seq):
                await held.decide(*quiet, epoch=epoch, act=act.value, seq=seq, now=now)
            case AskAlong(_, _, wanted):
                await company.ask(*quiet, epoch=epoch, colleague=wanted, now=now)
            case Withdraw():
                await passing.withdraw(*quiet, epoch=epoch, now=now)
        return Done(talk, name_of(wish))


def refused(wish: Wish, code: str) -> Refused:
    """Return the answer to a wish that was not fulfilled."""
    talk: UUID | None = getattr(wish, "conversation", None)
    key: UUID | None = getattr(wish, "key", None)
    return Refused(name_of(wish), code, talk, key)
