"""Every sentence the bot can say, checked as a whole before any of it is used.

Editors change the files in `content/`; `load_content` refuses a folder with any mistake.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.dialogue.commands import Command, command_in, load_commands
from bot.dialogue.content_file import (
    ContentError,
    Entry,
    day,
    entries,
    patterns,
    read_file,
    string,
    strings,
)
from bot.dialogue.hints import HINTS_FILE, Hint, load_hints
from bot.dialogue.risk import Lexicon, load_lexicon
from bot.dialogue.steps import Steps
from bot.dialogue.waiting import PLACES
from bot.dialogue.wording import fold_tails, normalize
from bot.messages import QuickReply, Reply
from storage.records import Language

FOLDER = Path(__file__).parent / "content"
"""The content that is shipped."""
LABEL_LIMIT = 14  # characters; KakaoTalk's quick replies, shared/channels.md
PAYLOAD_LIMIT = 64  # bytes; Telegram's callback_data, https://core.telegram.org/bots/api
TEXT_LIMIT = 400  # characters: what fits a small phone without scrolling
ASK_PERSON = "ask:person"
ASK_PLACE = "wait:place"
CANCEL_WAIT = "wait:cancel"
NEXT = "next"
NEITHER = "say:neither"
ANSWERS = ("erase:yes", "erase:no")
PLAIN_PAYLOADS = (
    *ANSWERS,
    ASK_PERSON,
    ASK_PLACE,
    CANCEL_WAIT,
    NEXT,
    NEITHER,
    "say:safe",
    "lang:ko",
    "lang:en",
)
"""Payloads beside `go:<topic, group or sentence>`."""
MEANINGS_FILE = "meanings.toml"
SENTENCE_FILES = ("talk.toml", "crisis.toml", "harms.toml", "questions.toml", "erased.toml")
DEFAULT_CHOICES = ("person", "what_next")
TALK = (
    "greet", "goodbye", "thanks", "affirm", "deny", "are_you_bot", "change_language", "erase",
    "watched", "smalltalk", "testing", "abusive", "out_of_scope", "correction",
)  # fmt: skip
"""Intents that are answered by a group of variants; all others walk a path of `steps.toml`."""
CRISIS_GROUPS = (
    "self_harm", "danger_now", "threat", "assault", "friend_self_harm", "pregnancy",
)  # fmt: skip
POLICY_GROUPS = (
    "intro", "intro_crisis", "menu", "more", "safe", "emoji", "sad", "attachment", "unsend",
    "unsure", "unsure_worry", "not_understood", "unknown_language", "nlu_away", "asked",
    "asked_crisis", "waiting", "cancelled", "deepfake_made_law", "meeting", "shelter",
    "busy", "slow_down", "which", "which_worry", "neither", "kept", *PLACES,
)  # fmt: skip
"""What the policy says by itself; no button, intent or typed word leads to most of these."""
NOTICES = ("joined", "closed", "returned", "handed", "to_bot", "failure", "erased")
"""What the engine and the console say by id: `joined.1`, …"""
TOPICS_OF_RISK = ("sextortion", "grooming", "runaway_helper", "illegal_filming", "scared")
"""Topics a risk rule may lead to, so they must be there."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reviewed thing to say, up to four short sentences long."""

    id: str
    text: Mapping[Language, str]
    choices: tuple[str, ...]
    reviewer: str
    date: date
    version: int
    source: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick reply's words and meaning."""

    id: str
    label: Mapping[Language, str]
    payload: str


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number or address of help that a sentence may name."""

    id: str
    value: str
    name: Mapping[Language, str]
    hours: Mapping[Language, str]
    source: str
    date: date


@dataclass(frozen=True, slots=True)
class Content:
    """A valid set of sentences with their choices, paths, commands and risk lexicon."""

    sentences: Mapping[str, Sentence]
    choices: Mapping[str, Choice]
    meanings: Mapping[str, Choice]  # by intent: its words on a button that asks if it was meant
    numbers: Mapping[str, Number]
    steps: Steps
    commands: tuple[Command, ...]
    answers: tuple[Command, ...]  # understood only where their payload was offered
    hints: tuple[Hint, ...]
    lexicon: Lexicon
    groups: Mapping[str, tuple[str, ...]] = field(repr=False)  # variants: name -> name.1, name.2
    labels: Mapping[str, str] = field(repr=False)  # squeezed label of a choice -> its payload
    asked: Mapping[str, str] = field(repr=False)  # the same of the meanings

    def sentence(self, name: str, language: Language) -> str:
        """Return the words of a sentence with its numbers filled in.

        Raises:
            KeyError: there is no such sentence.
        """
        text = self.sentences[name].text[language]
        return _SLOT.sub(lambda found: self.numbers[found[1]].value, text)

    def reply(
        self,
        name: str,
        language: Language,
        *,
        waiting: bool = False,
        between: Sequence[str] = (),
    ) -> Reply:
        """Return a sentence with its quick replies; a step that has a next one offers it first.

        Args:
            name: id of the sentence.
            language: of text and labels.
            waiting: the person is in the queue already, so no person is offered again.
            between: intents that the message may have meant; they are offered first.

        Raises:
            KeyError: there is no such sentence.
        """
        listed = [self.meanings[intent] for intent in between]
        offered = {choice.payload for choice in listed}
        own = [self.choices[choice] for choice in self.sentences[name].choices]
        listed += [choice for choice in own if choice.payload not in offered]
        absent = ASK_PERSON if waiting else CANCEL_WAIT
        replies = [QuickReply(c.label[language], c.payload) for c in listed if c.payload != absent]
        following = self.steps.following(name)
        if following:
            replies.insert(0, QuickReply(self.choices[NEXT].label[language], f"go:{following}"))
        text = self.sentence(name, language)
        return Reply(text=text, quick_replies=tuple(replies), language=language.value)

    def knows(self, target: str) -> bool:
        """Tell whether a button or an intent may lead to this topic, step or group.

        Sentences that claim something was done (`asked`, `joined`) are left to the policy.
        """
        if target in self.steps or self.steps.place(target) is not None:
            return True
        return target in TALK or target in CRISIS_GROUPS or target == "menu"

    def resolve_payload(self, text: str, offered: tuple[str, ...] = ()) -> str | None:
        """Return the payload a text stands for, or None when it is free text.

        A payload itself, a number or label of a choice that was `offered`, any label of
        `choices.toml`, and the words of `commands.toml` are understood, in this order.
        """
        typed = text.strip()
        if typed in PLAIN_PAYLOADS or (typed.startswith("go:") and self.knows(typed[3:])):
            return typed
        number = _NUMBER.fullmatch(typed)
        if number and int(number[1]) <= len(offered):
            return offered[int(number[1]) - 1]
        squeezed = normalize(typed).squeezed
        if self.asked.get(squeezed) in offered:  # "yes" presses a button only where one says so
            return self.asked[squeezed]
        if (answer := command_in(typed, self.answers)) in offered:
            return answer
        return self.labels.get(squeezed) or command_in(typed, self.commands)


def load_content(folder: Path) -> Content:
    """Read and check a content folder.

    Raises:
        ContentError: anything in it is missing, unknown, too long or not allowed; nothing
            of the folder may be used then.
    """
    numbers = _numbers(read_file(folder / "numbers.toml"))
    banned = _banned(read_file(folder / "banned.toml"))
    sentences: dict[str, Sentence] = {}
    for file in SENTENCE_FILES:
        table = read_file(folder / file)
        for entry in entries(file, table, "sentence"):
            sentence = _sentence(file, {**table.get("defaults", {}), **entry})
            if sentence.id in sentences:
                raise ContentError(file, sentence.id, "is there twice")
            _check_words(file, sentence, numbers, banned)
            sentences[sentence.id] = sentence
    choices = _choices(read_file(folder / "choices.toml"))
    meanings = _meanings(read_file(folder / MEANINGS_FILE), banned)
    content = Content(
        sentences=sentences,
        choices=choices,
        meanings=meanings,
        numbers=numbers,
        steps=_steps(read_file(folder / "steps.toml")),
        commands=load_commands(folder),
        answers=load_commands(folder, kind="answer"),
        hints=load_hints(folder),
        lexicon=load_lexicon(folder),
        groups=_groups(sentences),
        labels=_labels(choices),
        asked=_labels(meanings),
    )
    _check_links(content)
    _check_groups(content)
    return content


_SLOT = re.compile(r"\{number\.([a-z_]+)\}")
_BRACES = re.compile(r"[{}]")
_NUMBER = re.compile(r"([1-9])\s*(?:번|번요|번이요|[.)])?")
_Banned = tuple[tuple[re.Pattern[str], str], ...]
_DIGITS = re.compile(r"(?<!\d)(?:\d{3,4}|\d{2,4}-\d{3,4}(?:-\d{4})?)(?!\d|년|원|개|자)")


def _both(file: str, entry: Entry, *, prefix: str = "") -> dict[Language, str]:
    return {language: string(file, entry, f"{prefix}{language.value}") for language in Language}


def _sentence(file: str, entry: Entry) -> Sentence:
    version = entry.get("version")
    if not isinstance(version, int) or version < 1:
        raise ContentError(file, str(entry["id"]), "has no version")
    listed = strings(file, entry, "choices") if "choices" in entry else DEFAULT_CHOICES
    return Sentence(
        id=string(file, entry, "id"),
        text=_both(file, entry),
        choices=listed,
        reviewer=string(file, entry, "reviewer"),
        date=day(file, entry),
        version=version,
        source=string(file, entry, "source") if "source" in entry else None,
    )


def _choices(table: Entry) -> dict[str, Choice]:
    file = "choices.toml"
    found = {}
    for entry in entries(file, table, "choice"):
        found[str(entry["id"])] = _choice(file, entry)
    if NEXT not in found:
        raise ContentError(file, NEXT, "is missing")
    return found


def _meanings(table: Entry, banned: _Banned) -> dict[str, Choice]:
    """Return what a button says for each intent; signed, and held to the rules of sentences."""
    found = {}
    for entry in entries(MEANINGS_FILE, table, "meaning"):
        name = str(entry["id"])
        signed = {"payload": f"go:{name}", **table.get("defaults", {}), **entry}
        string(MEANINGS_FILE, signed, "reviewer")
        day(MEANINGS_FILE, signed)
        found[name] = _choice(MEANINGS_FILE, signed)
        for label in found[name].label.values():
            _check_banned(MEANINGS_FILE, name, label, banned)
    return found


def _choice(file: str, entry: Entry) -> Choice:
    choice = Choice(str(entry["id"]), _both(file, entry), string(file, entry, "payload"))
    if any(len(label) > LABEL_LIMIT for label in choice.label.values()):
        raise ContentError(file, choice.id, f"has a label over {LABEL_LIMIT} characters")
    if len(choice.payload.encode()) > PAYLOAD_LIMIT:
        raise ContentError(file, choice.id, f"has a payload over {PAYLOAD_LIMIT} bytes")
    return choice


def _labels(choices: Mapping[str, Choice]) -> dict[str, str]:
    """Return what may be typed for a button; the first choice keeps a label that two share."""
    found: dict[str, str] = {}
    plain = (one for one in choices.values() if one.payload not in ANSWERS)  # see `answers`
    for choice in plain:
        for label in choice.label.values():
            found.setdefault(normalize(label).squeezed, choice.payload)
    found.pop("", None)  # signs alone are no label
    return found


def _numbers(table: Entry) -> dict[str, Number]:
    file = "numbers.toml"
    found = {}
    for entry in entries(file, table, "number"):
        name = str(entry["id"])
        if entry.get("status") != "confirmed":
            raise ContentError(file, name, "is not confirmed and must not be shown")
        found[name] = Number(
            id=name,
            value=string(file, entry, "value"),
            name=_both(file, entry, prefix="name_"),
            hours=_both(file, entry, prefix="hours_"),
            source=string(file, entry, "source"),
            date=day(file, entry),
        )
    return found


def _banned(table: Entry) -> _Banned:
    file = "banned.toml"
    return tuple(
        (pattern, string(file, entry, "why"))
        for entry in entries(file, table, "banned")
        for pattern in patterns(file, entry, "patterns")
    )


def _steps(table: Entry) -> Steps:
    paths = [
        {topic: strings("steps.toml", {"id": topic, **table[kind]}, topic) for topic in table[kind]}
        if isinstance(table.get(kind), dict)
        else {}
        for kind in ("harm", "question")
    ]
    if not all(paths) or not all(path for kind in paths for path in kind.values()):
        raise ContentError("steps.toml", "", "needs [harm] and [question], each path with a step")
    return Steps(harms=paths[0], questions=paths[1])


def _groups(sentences: Mapping[str, Sentence]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in sentences:
        found.setdefault(name.rpartition(".")[0] or name, []).append(name)
    return {name: tuple(variants) for name, variants in found.items()}


def _check_words(
    file: str,
    sentence: Sentence,
    numbers: Mapping[str, Number],
    banned: _Banned,
) -> None:
    for text in sentence.text.values():
        unknown = [name for name in _SLOT.findall(text) if name not in numbers]
        if unknown or _BRACES.search(_SLOT.sub("", text)):
            problem = (
                f"names an unknown {{number.{unknown[0]}}}" if unknown else "has a stray brace"
            )
            raise ContentError(file, sentence.id, problem)
        if len(text) > TEXT_LIMIT:
            raise ContentError(file, sentence.id, f"is over {TEXT_LIMIT} characters")
        if _DIGITS.search(_SLOT.sub("", text)):
            raise ContentError(file, sentence.id, "has a number that is not in numbers.toml")
        _check_banned(file, sentence.id, text, banned)


def _check_banned(file: str, name: str, text: str, banned: _Banned) -> None:
    for pattern, why in banned:
        if pattern.search(fold_tails(text.lower())):
            raise ContentError(file, name, f"is not allowed: {why}")


def _check_links(content: Content) -> None:
    for sentence in content.sentences.values():
        for choice in sentence.choices:
            if choice not in content.choices:
                raise ContentError("(sentences)", sentence.id, f"offers an unknown {choice}")
    for topic, path in (content.steps.harms | content.steps.questions).items():
        missing = [step for step in path if step not in content.sentences]
        if missing:
            raise ContentError("steps.toml", topic, f"has an unknown step {missing[0]}")
    _check_payloads("choices.toml", content, tuple(content.choices.values()))
    _check_payloads(MEANINGS_FILE, content, tuple(content.meanings.values()))
    _check_payloads("commands.toml", content, (*content.commands, *content.answers))
    for hint in content.hints:
        if hint.say not in content.steps and hint.say not in content.groups:
            raise ContentError(HINTS_FILE, hint.id, f"says an unknown {hint.say}")


def _check_groups(content: Content) -> None:
    """Refuse content without the words the policy relies on; two, where it must not repeat."""
    for group in (*TALK, *CRISIS_GROUPS, *POLICY_GROUPS):
        if len(content.groups.get(group, ())) < 2:
            raise ContentError("(sentences)", group, "needs two wordings at least")
    for notice in NOTICES:
        if f"{notice}.1" not in content.sentences:
            raise ContentError("(sentences)", f"{notice}.1", "is missing")
    for topic in TOPICS_OF_RISK:
        if topic not in content.steps.harms:
            raise ContentError("steps.toml", topic, "is missing under [harm]")


def _check_payloads(file: str, content: Content, pressed: tuple[Choice | Command, ...]) -> None:
    for entry in pressed:
        target = entry.payload.removeprefix("go:")
        known = target != entry.payload and content.knows(target)
        if entry.payload not in PLAIN_PAYLOADS and not known:
            raise ContentError(file, entry.id, f"leads to an unknown {entry.payload}")
