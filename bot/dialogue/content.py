"""Every sentence the bot can say, checked as a whole before any of it is used.

Editors change the files in `content/`; `load_content` refuses a folder with any mistake.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.dialogue.accounts import ACCOUNTS_FILE, load_accounts
from bot.dialogue.codes import load_spellings
from bot.dialogue.commands import Command, command_in, load_commands
from bot.dialogue.content_file import (
    ContentError,
    Entry,
    entries,
    read_file,
    strings,
)
from bot.dialogue.hard_words import HardWord, check_easy, read_hard_words
from bot.dialogue.hints import HINTS_FILE, Hint, load_hints
from bot.dialogue.reading_level import Band
from bot.dialogue.risk import Lexicon, load_lexicon
from bot.dialogue.sentences import (
    ANSWERS,
    MEANINGS_FILE,
    NEXT,
    SAFE_WORDS,
    SLOT,
    Banned,
    Choice,
    Number,
    Sentence,
    check_words,
    read_banned,
    read_choices,
    read_meanings,
    read_numbers,
    read_sentence,
    typed_labels,
)
from bot.dialogue.steps import Steps
from bot.dialogue.waiting import OPENED, PLACES
from bot.dialogue.wording import normalize
from bot.messages import QuickReply, Reply
from storage.records import Language

FOLDER = Path(__file__).parent / "content"
"""The content that is shipped."""
ASK_PERSON = "ask:person"
ASK_PLACE = "wait:place"
CANCEL_WAIT = "wait:cancel"
NEITHER = "say:neither"
ENOUGH = "say:enough"
LESSON = "go:lesson"
WHERE_OFFERED = (LESSON, ENOUGH, "go:medical", "go:friend_self_harm")
"""Payloads of choices whose words mean nothing where they are not offered."""
PLAIN_PAYLOADS = (
    *ANSWERS,
    *SAFE_WORDS,
    ASK_PERSON,
    ASK_PLACE,
    CANCEL_WAIT,
    NEXT,
    NEITHER,
    ENOUGH,
    "say:safe",
    "lang:ko",
    "lang:en",
)
"""Payloads beside `go:<topic, group or sentence>`."""
SENTENCE_FILES = (
    "talk.toml",
    "crisis.toml",
    "harms.toml",
    "questions.toml",
    "lessons.toml",
    "erased.toml",
    "service.toml",
    "watched.toml",
    "verify.toml",
)
TALK = (
    "greet", "goodbye", "thanks", "affirm", "deny", "are_you_bot", "change_language", "erase",
    "watched", "smalltalk", "testing", "abusive", "out_of_scope", "correction",
)  # fmt: skip
"""Intents that are answered by a group of variants; all others walk a path of `steps.toml`."""
CRISIS_GROUPS = (
    "self_harm", "danger_now", "threat", "assault", "friend_self_harm", "pregnancy", "medical",
)  # fmt: skip
POLICY_GROUPS = (
    "intro", "intro_crisis", "menu", "more", "safe", "emoji", "sad", "attachment", "unsend",
    "unsure", "unsure_worry", "not_understood", "unknown_language", "nlu_away", "asked",
    "asked_crisis", "waiting", "cancelled", "deepfake_made_law", "meeting", "shelter",
    "busy", "slow_down", "which", "which_worry", "neither", "kept", "back", "word_set",
    "safe_word", "how_long", "enough", "channel_off", "medical_called", "medical_self_harm",
    OPENED, *PLACES,
)  # fmt: skip
"""What the policy says by itself; no button, intent or typed word leads to most of these."""
BY_RULE = ("hide", "return_code", "proof")
"""What a typed word or a button leads to and no intent does: see cover.py and returning.py."""
NOTICES = (
    "verify_title",
    "verify_ask",
    "verify_digits",
    "verify_check",
    "verify_right",
    "verify_wrong",
    "verify_later",
    "verify_accounts",
    "verify_no_accounts",
    "verify_never",
    "verify_leave",
    "code_right",
    "code_wrong",
    "return_code_closed",
    "joined",
    "closed",
    "returned",
    "handed",
    "to_bot",
    "failure",
    "erased",
    "stopped",
    "away",
    "away_long",
    "duty_report",
    "duty_unmasked",
)
"""What the engine and the console say by id: `joined.1`, …"""
TOPICS_OF_RISK = ("sextortion", "grooming", "runaway_helper", "illegal_filming", "scared")
"""Topics a risk rule may lead to, so they must be there."""


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
    safe: tuple[Command, ...]  # says that nobody watches any more
    hints: tuple[Hint, ...]
    lexicon: Lexicon
    groups: Mapping[str, tuple[str, ...]] = field(repr=False)  # variants: name -> name.1, name.2
    labels: Mapping[str, str] = field(repr=False)  # squeezed label of a choice -> its payload
    asked: Mapping[str, str] = field(repr=False)  # the same of what counts only where offered
    banned: Banned = field(repr=False)
    hard: tuple[HardWord, ...] = field(repr=False)  # too hard for the youngest

    def sentence(self, name: str, language: Language, band: Band | None = None) -> str:
        """Return the words of a sentence with its numbers filled in, for an age band if known.

        Raises:
            KeyError: there is no such sentence.
        """
        text = self.sentences[name].words(band)[language]
        return SLOT.sub(lambda found: self.numbers[found[1]].said(language), text)

    def reply(
        self,
        name: str,
        language: Language,
        *,
        waiting: bool = False,
        between: Sequence[str] = (),
        band: Band | None = None,
    ) -> Reply:
        """Return a sentence with its quick replies; a step that has a next one offers it first.

        Args:
            name: id of the sentence.
            language: of text and labels.
            waiting: the person is in the queue already, so no person is offered again.
            between: intents that the message may have meant; they are offered first.
            band: whom it is for, where they said so.

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
        text = self.sentence(name, language, band)
        return Reply(text=text, quick_replies=tuple(replies), language=language.value)

    def knows(self, target: str) -> bool:
        """Tell whether a button or an intent may lead to this topic, step or group.

        Sentences that claim something was done (`asked`, `joined`) are left to the policy.
        """
        if target in self.steps or self.steps.place(target) is not None:
            return True
        return target in (*TALK, *BY_RULE, *CRISIS_GROUPS, "menu", "lesson")

    def _living(self, payload: str) -> str:
        """Return a payload, or the menu's where an edit took away what it led to."""
        target = payload.removeprefix("go:")
        return payload if target == payload or self.knows(target) else "go:menu"

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
            return self._living(offered[int(number[1]) - 1])
        squeezed = normalize(typed).squeezed
        if self.asked.get(squeezed) in offered:  # "yes" presses a button only where one says so
            return self.asked[squeezed]
        if (answer := command_in(typed, self.answers)) in offered:
            return answer
        return self.labels.get(squeezed) or command_in(typed, self.commands)


def load_content(folder: Path, *, lexicon: Lexicon | None = None) -> Content:
    """Read and check a content folder.

    Args:
        folder: with all the files.
        lexicon: what was read of its lexicon before, where that did not change.

    Raises:
        ContentError: anything in it is missing, unknown, too long or not allowed; nothing
            of the folder may be used then.
    """
    numbers = read_numbers(read_file(folder / "numbers.toml"))
    banned = read_banned(read_file(folder / "banned.toml"))
    hard = read_hard_words(folder)
    sentences: dict[str, Sentence] = {}
    for file in SENTENCE_FILES:
        table = read_file(folder / file)
        for entry in entries(file, table, "sentence"):
            sentence = read_sentence(file, {**table.get("defaults", {}), **entry})
            if sentence.id in sentences:
                raise ContentError(file, sentence.id, "is there twice")
            check_words(file, sentence, numbers, banned)
            check_easy(file, sentence, hard)
            sentences[sentence.id] = sentence
    choices = read_choices(read_file(folder / "choices.toml"))
    meanings = read_meanings(read_file(folder / MEANINGS_FILE), banned)
    load_spellings(folder)
    load_accounts(folder / ACCOUNTS_FILE)
    content = Content(
        sentences=sentences,
        choices=choices,
        meanings=meanings,
        numbers=numbers,
        steps=_steps(read_file(folder / "steps.toml")),
        commands=load_commands(folder),
        answers=load_commands(folder, kind="answer"),
        safe=load_commands(folder, kind="safe"),
        hints=load_hints(folder),
        lexicon=lexicon or load_lexicon(folder),
        groups=_groups(sentences),
        labels=typed_labels(_typed(choices, where_offered=False)),
        asked=typed_labels({**_typed(choices, where_offered=True), **meanings}),
        banned=banned,
        hard=hard,
    )
    check_whole(content)
    return content


def check_whole(content: Content) -> None:
    """Refuse sentences whose buttons lead nowhere, or without the words the policy relies on.

    Raises:
        ContentError: it is not right.
    """
    _check_links(content)
    _check_groups(content)


_NUMBER = re.compile(r"([1-9])\s*(?:번|번요|번이요|[.)])?")


def _typed(choices: Mapping[str, Choice], *, where_offered: bool) -> dict[str, Choice]:
    """Return the choices whose words count only where they are offered, or all others."""
    return {
        name: one
        for name, one in choices.items()
        if (one.payload in WHERE_OFFERED) is where_offered
    }


def _steps(table: Entry) -> Steps:
    paths = [
        {topic: strings("steps.toml", {"id": topic, **table[kind]}, topic) for topic in table[kind]}
        if isinstance(table.get(kind), dict)
        else {}
        for kind in ("harm", "question", "lesson", "lesson_about")
    ]
    if not all(paths) or not all(path for kind in paths for path in kind.values()):
        needed = "needs [harm], [question], [lesson] and [lesson_about], each path with a step"
        raise ContentError("steps.toml", "", needed)
    about = {subject: lesson for lesson, subjects in paths[3].items() for subject in subjects}
    return Steps(harms=paths[0], questions=paths[1], lessons=paths[2], about=about)


def _groups(sentences: Mapping[str, Sentence]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in sentences:
        found.setdefault(name.rpartition(".")[0] or name, []).append(name)
    return {name: tuple(variants) for name, variants in found.items()}


def _check_links(content: Content) -> None:
    for sentence in content.sentences.values():
        for choice in sentence.choices:
            if choice not in content.choices:
                raise ContentError("(sentences)", sentence.id, f"offers an unknown {choice}")
    _check_steps(content)
    _check_payloads("choices.toml", content, tuple(content.choices.values()))
    _check_payloads(MEANINGS_FILE, content, tuple(content.meanings.values()))
    _check_payloads("commands.toml", content, (*content.commands, *content.answers))
    for hint in content.hints:
        if hint.say not in content.steps and hint.say not in content.groups:
            raise ContentError(HINTS_FILE, hint.id, f"says an unknown {hint.say}")


def _check_steps(content: Content) -> None:
    steps = content.steps
    for topic, path in (steps.harms | steps.questions | steps.lessons).items():
        missing = [step for step in path if step not in content.sentences]
        if missing:
            raise ContentError("steps.toml", topic, f"has an unknown step {missing[0]}")
    for subject, lesson in steps.about.items():
        if lesson not in steps.lessons or subject not in (*steps.harms, *CRISIS_GROUPS):
            raise ContentError("steps.toml", lesson, f"has no lesson about {subject}")


def _check_groups(content: Content) -> None:
    """Refuse content without the words the policy relies on; two, where it must not repeat."""
    for group in (*TALK, *BY_RULE, *CRISIS_GROUPS, *POLICY_GROUPS):
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
