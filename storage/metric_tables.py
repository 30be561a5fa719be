"""Every table of numbers that is ever published: what it counts, in which rows and columns.

Nothing else is counted and nothing else can be asked for. Each event is counted in one family
only, a family has one kind of period, and no column of one table follows from columns of
another, so no two published tables can be taken from one another (docs/decisions/0012).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.periods import Span
from storage.records import AskReason, Outcome, Risk


@dataclass(frozen=True, slots=True)
class Dimension:
    """The categories of a row or a column; what is none of them is counted as the last."""

    name: str
    codes: tuple[str, ...]

    def code(self, given: str | None) -> str:
        """Return the category that something is counted in."""
        return given if given in self.codes else self.codes[-1]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a family: its columns, and the cell that it splits, if it is a second look."""

    name: str
    columns: Dimension
    splits: str | None = None  # a column of the family's first table; None: whole rows


@dataclass(frozen=True, slots=True)
class Family:
    """Tables that count the same events in the same rows, over the same periods."""

    name: str
    span: Span
    rows: Dimension
    tables: tuple[Table, ...]


WAITS = {1: "to_1", 3: "to_3", 5: "to_5", 10: "to_10", 20: "to_20", 60: "to_60"}
"""Up to how many minutes -> the column of a wait that long."""
RETURNED = "returned"  # a counselor was there before, and was gone
NEVER = "never"  # the wait ended and nobody had come
OVER = "over_60"
BOT_ONLY = "bot_only"  # no person was ever in the talk, whichever way it ended
BACK, UNSAID, ERASED = "back_to_bot", "unsaid", "erased"  # a person was in it
ALL = "all"
BY_BOT, BY_COUNSELOR = "by_bot", "by_counselor"
BEGUN, SIGNED, FILED = "begun", "signed", "filed"

TIER = Dimension("tier", ("high", "low", "none"))
CHANNEL = Dimension(
    "channel", ("kakao", "line", "instagram", "messenger", "telegram", "x", "web", "other")
)
HOUR = Dimension("hour", tuple(f"h{hour:02}" for hour in range(0, 24, 3)))
TOPIC = Dimension("topic", ("pictures", "contact", "danger", "feelings", "questions", "other"))
WAIT = Dimension("wait", (*WAITS.values(), OVER, RETURNED, NEVER))
REASON = Dimension("reason", (*(one.value for one in AskReason), "other"))
OUTCOME = Dimension(
    "outcome",
    (
        *(one.value for one in Outcome if one is not Outcome.ACCOMPANIED),
        *(BACK, ERASED, BOT_ONLY, UNSAID),
    ),
)
EVERYTHING = Dimension("everything", (ALL,))
DELETION = Dimension("deletion", (BY_BOT, BY_COUNSELOR))
REPORT = Dimension("report", (BEGUN, SIGNED, FILED))

FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family("arrivals", Span.WEEK, CHANNEL, (Table("arrivals_by_hour", HOUR),)),
        Family(
            "waits",
            Span.MONTH,
            TIER,
            (Table("waits", WAIT), Table("never_by_hour", HOUR, splits=NEVER)),
        ),
        Family("handoffs", Span.MONTH, TIER, (Table("handoffs", REASON),)),
        Family(
            "ends",
            Span.MONTH,
            TIER,
            (Table("ends", OUTCOME), Table("ends_by_topic", TOPIC)),
        ),
        Family("undelivered", Span.WEEK, EVERYTHING, (Table("undelivered", CHANNEL),)),
        Family("deletions", Span.MONTH, EVERYTHING, (Table("deletions", DELETION),)),
        # Rows, so that no total joins them: what is filed was signed, what is signed was begun.
        Family("reports", Span.MONTH, REPORT, (Table("reports", EVERYTHING),)),
    )
}

_TIERS = {Risk.NONE: "none", Risk.LOW: "low", Risk.HIGH: "high", Risk.IMMINENT: "high"}
_TOPICS = {
    "pictures": (
        "sextortion", "image_sharing", "illegal_filming", "deepfake_me", "deepfake_friend",
        "deepfake_made", "image_bullying", "removal",
    ),
    "contact": (
        "grooming", "paid_offer", "runaway_helper", "impersonation", "account_takeover",
        "report_account",
    ),
    "danger": (
        "self_harm", "danger_now", "threat", "assault", "friend_self_harm", "pregnancy", "medical",
    ),
    "feelings": ("scared", "loneliness", "blame"),
    "questions": ("parents", "police_law", "evidence", "worried_friend", "worried_adult"),
}  # fmt: skip
_GROUP = {topic: group for group, topics in _TOPICS.items() for topic in topics}


def tier(risk: Risk) -> str:
    """Return the tier that a risk is counted in: who is in imminent danger is at high risk."""
    return _TIERS[risk]


def group(topic: str | None) -> str:
    """Return the group that a topic is counted in."""
    return TOPIC.code(_GROUP.get(topic or ""))


def kind(channel: str) -> str:
    """Return the kind of channel: both ways into KakaoTalk are one."""
    return CHANNEL.code(channel.partition("-")[0])


def wait(minutes: float) -> str:
    """Return the column of a wait that ended with a person."""
    return next((name for most, name in WAITS.items() if minutes <= most), OVER)
