"""How much one sender may write: what is gathered, what is not kept, what passes always.

Source of the limits: shared/security.md, section 5.5.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.channels.kakao_skill import CHECK
from bot.dialogue.content import ASK_PERSON, Content
from bot.dialogue.erasing import ABOUT_ERASING
from bot.dialogue.meant import CRISIS_BUTTONS
from bot.dialogue.risk import screen
from bot.dialogue.sentences import ANSWERS
from bot.lexicon_file import LexiconFile
from bot.messages import InboundMessage, MessageKind
from storage.records import Risk

SOFT = 20  # messages a minute; what is more is answered in fewer turns
HARD = 120  # messages a minute; what is more is not kept
HARD_DAY = 2000  # messages a day
URGENT = 30  # messages a minute that pass all the same
READ = 3000  # messages a minute that are read for danger, of one sender; reading costs
SENDERS = 10_000  # remembered at once; who is not heard of for longest is forgotten first

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

_PASSING = frozenset(
    {ASK_PERSON, CHECK, *ABOUT_ERASING, *(f"go:{name}" for name in CRISIS_BUTTONS)}
)
_UNDOING = (MessageKind.UNSEND, MessageKind.LEAVE)


class Ruling(StrEnum):
    """What is done with one message."""

    TAKE = "take"
    URGENT = "urgent"  # before everybody
    GATHER = "gather"  # kept; the answer waits for more
    REFUSE_ALOUD = "refuse_aloud"  # not kept, and the person is told
    REFUSE = "refuse"  # not kept; the person was told this minute


@dataclass(slots=True)
class _Sender:
    """Counts of one sender; no account, no word."""

    minute: datetime
    day: datetime
    in_minute: int = 0
    in_day: int = 0
    urgent: int = 0  # passed over the quota this minute
    told: bool = False  # this minute

    def count(self, now: datetime) -> None:
        if now - self.minute >= MINUTE:
            self.minute, self.in_minute, self.urgent, self.told = now, 0, 0, False
        if now - self.day >= DAY:
            self.day, self.in_day = now, 0
        self.in_minute += 1
        self.in_day += 1


class Flood:
    """Counts what each sender writes, in this process, and rules on every message.

    A sender is known by a hash under a key that never leaves the memory, so that nothing
    here names anybody.
    """

    def __init__(self, content: Content, lexicon: LexiconFile | None = None) -> None:
        self._content = content
        self._lexicon = lexicon  # None: the one that is shipped, as it was at the start
        self._key = secrets.token_bytes(32)
        self._senders: OrderedDict[bytes, _Sender] = OrderedDict()

    def use(self, content: Content) -> None:
        """Say the sentences of another set from now on."""
        self._content = content

    def __len__(self) -> int:
        """Return how many senders are remembered."""
        return len(self._senders)

    def rule(self, message: InboundMessage, *, now: datetime) -> Ruling:
        """Count a message and say what is done with it.

        Danger is looked for in every message that is kept and goes first: by the time it
        is known that more is due than can be answered, the first of a spike wait already.
        """
        sender = self._sender(message, now)
        sender.count(now)
        over = sender.in_minute > HARD or sender.in_day > HARD_DAY
        if over:
            return self._beyond(sender, message, now)
        if self._in_danger(message, now):
            return Ruling.URGENT
        if sender.in_minute <= SOFT:
            return Ruling.TAKE
        # Who wants everything gone waits for nothing more of theirs.
        return Ruling.URGENT if self._pressed(message) in ABOUT_ERASING else Ruling.GATHER

    def take_back(self, message: InboundMessage) -> None:
        """Count a message no longer: it could not be stored, and its provider repeats it."""
        sender = self._senders.get(self._name(message))
        if sender is not None:
            sender.in_minute = max(0, sender.in_minute - 1)
            sender.in_day = max(0, sender.in_day - 1)
            sender.urgent = max(0, sender.urgent - 1)
            sender.told = False

    def _beyond(self, sender: _Sender, message: InboundMessage, now: datetime) -> Ruling:
        if sender.urgent < URGENT and sender.in_minute <= READ and self._passes(message, now):
            sender.urgent += 1
            return Ruling.URGENT
        if sender.told:
            return Ruling.REFUSE
        sender.told = True
        return Ruling.REFUSE_ALOUD

    def _passes(self, message: InboundMessage, now: datetime) -> bool:
        if message.kind in _UNDOING or self._in_danger(message, now):
            return True
        return self._pressed(message) in _PASSING

    def _pressed(self, message: InboundMessage) -> str:
        """Return what a message presses; a yes or no, which may be the answer to anything, too."""
        offered = self._content.resolve_payload(message.text, ANSWERS)
        return offered or message.text

    def _in_danger(self, message: InboundMessage, now: datetime) -> bool:
        """Tell whether the words of one message speak of danger to somebody."""
        lexicon = self._lexicon.current(now) if self._lexicon else None
        return screen([message.text], lexicon=lexicon).level >= Risk.HIGH

    def _sender(self, message: InboundMessage, now: datetime) -> _Sender:
        key = self._name(message)
        sender = self._senders.setdefault(key, _Sender(now, now))
        self._senders.move_to_end(key)
        if len(self._senders) > SENDERS:
            self._senders.popitem(last=False)
        return sender

    def _name(self, message: InboundMessage) -> bytes:
        name = repr((message.channel, message.account)).encode()  # no two look alike so
        return hashlib.blake2b(name, key=self._key, digest_size=16).digest()
