"""The name a counselor sees instead of a person: made by us, from the conversation's id."""

from hashlib import sha256
from uuid import UUID

from storage.records import TRAINING, Conversation, Language

_COLORS = (
    ("초록", "Green"), ("파란", "Blue"), ("노란", "Yellow"), ("하얀", "White"),
    ("보라", "Violet"), ("은빛", "Silver"), ("금빛", "Golden"), ("연두", "Lime"),
    ("하늘", "Sky"), ("감귤", "Tangerine"), ("민트", "Mint"), ("산호", "Coral"),
    ("호박", "Amber"), ("남색", "Indigo"), ("살구", "Apricot"), ("옥빛", "Jade"),
)  # fmt: skip
_CREATURES = (
    ("고래", "Whale"), ("참새", "Sparrow"), ("거북", "Turtle"), ("사슴", "Deer"),
    ("수달", "Otter"), ("펭귄", "Penguin"), ("두루미", "Crane"), ("다람쥐", "Squirrel"),
    ("고슴도치", "Hedgehog"), ("부엉이", "Owl"), ("돌고래", "Dolphin"), ("나비", "Butterfly"),
    ("토끼", "Rabbit"), ("너구리", "Raccoon"), ("제비", "Swallow"), ("코알라", "Koala"),
)  # fmt: skip
_NUMBERS = 90  # two digits, 10 to 99


PRACTICE = {Language.KO: "[연습] ", Language.EN: "[Practice] "}
"""What stands before the name of a talk in which nobody real is."""


def name_of(talk: Conversation, language: Language) -> str:
    """Name a talk wherever staff see it, a practice talk so that nobody takes it for a real one."""
    practice = PRACTICE[language] if talk.channel == TRAINING else ""
    return practice + alias(talk.id, language)


def alias(conversation_id: UUID, language: Language) -> str:
    """Name a conversation, the same way every time: 초록 고래 17, Green Whale 17.

    One of 23,040; it helps the eye and is no identifier.
    """
    digest = sha256(conversation_id.bytes).digest()
    column = 0 if language is Language.KO else 1
    color = _COLORS[digest[0] % len(_COLORS)][column]
    creature = _CREATURES[digest[1] % len(_CREATURES)][column]
    number = 10 + int.from_bytes(digest[2:4], "big") % _NUMBERS
    return f"{color} {creature} {number}"
