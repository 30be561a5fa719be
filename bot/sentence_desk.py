"""The bot's sentences as the page of sentences shows, checks and previews them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.bubbles import unfit
from bot.changed_sentences import change
from bot.content_folder import ContentFolder
from bot.dialogue.changes import Change, changed, problems
from bot.dialogue.content import CRISIS_GROUPS, NOTICES, TALK, Content
from bot.dialogue.reading_level import Band, reading_level
from bot.dialogue.sentences import SLOT, Fault
from handoff.audit_sheet import SEOUL
from handoff.sentence_sheet import Bubble, Listed, Preview, Shown, Trouble, Use
from storage.errors import StorageError
from storage.records import Language
from storage.sentences import Wording


class SentenceDesk:
    """What the page knows of the dialogue.

    Args:
        shelf: what is said.
        clock: aware UTC time.
        look: reads what was approved.
    """

    bands: Sequence[str] = ("", *Band)

    def __init__(
        self,
        shelf: ContentFolder,
        clock: Callable[[], datetime],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._look = look

    def listed(self) -> Sequence[Listed]:
        """Return all sentences, in the order of the files."""
        content, files = self._shelf.current, self._shelf.files
        return [
            Listed(
                name,
                content.sentence(name, Language.KO),
                content.sentence(name, Language.EN),
                _use(content, name),
                one is not files.sentences.get(name),
            )
            for name, one in content.sentences.items()
        ]

    def shown(self, sentence: str, band: str) -> Shown | None:
        """Return one sentence as it is said now; None where there is none."""
        content = self._shelf.current
        found = content.sentences.get(sentence)
        if found is None or band not in self.bands:
            return None
        reader = Band(band) if band else None
        text = found.words(reader)
        use = _use(content, sentence)
        return Shown(
            id=sentence,
            band=band,
            own=reader is None or reader in found.bands,
            ko=text[Language.KO],
            en=text[Language.EN],
            source=found.source or "",
            reviewer=found.reviewer,
            day=found.date.isoformat(),
            use=use,
            topic=use.name if use.kind in ("topic", "question", "crisis") else None,
            files=self._shelf.files.sentences[sentence].version,
        )

    def troubles(self, wording: Wording) -> Sequence[Trouble]:
        """Return what keeps a wording out now, all of it."""
        asked = self._change(wording)
        if asked is None:
            return (Trouble("unknown_band"),)
        return _told(problems(self._without(wording.sentence), asked, unfit))

    def previews(self, wording: Wording) -> Sequence[Preview]:
        """Return a wording as it would be read, in each language."""
        content, asked = self._without(wording.sentence), self._change(wording)
        if asked is None or wording.sentence not in content.sentences:
            return ()
        return [self._preview(changed(content, asked), asked, one) for one in Language]

    def left_out(self) -> Mapping[tuple[str, str], Sequence[Trouble]]:
        """Return what was approved and is not said, and why."""
        return {key: _told(found) for key, found in self._shelf.left_out.items()}

    async def renew(self) -> None:
        """Take what was approved just now; a database that is away is asked again later."""
        try:
            await self._look()
        except StorageError:
            return

    def _change(self, wording: Wording) -> Change | None:
        return change(wording, "", wording.base + 1, self._clock().astimezone(SEOUL).date())

    def _without(self, sentence: str) -> Content:
        """Return what is said, with one sentence as the files have it: changes lie over those."""
        content, files = self._shelf.current, self._shelf.files
        if sentence not in files.sentences:
            return files
        return replace(
            content, sentences={**content.sentences, sentence: files.sentences[sentence]}
        )

    def _preview(self, content: Content, asked: Change, language: Language) -> Preview:
        text = asked.text[language]
        fills = _fills(content, text)
        reply = content.reply(asked.sentence, language, band=asked.band) if fills else None
        said = reply.text if reply else text
        labels = [one.label for one in reply.quick_replies] if reply else []
        return Preview(
            language=language.value,
            bubbles=(*_before(content, asked, language), Bubble(False, said, labels, new=True)),
            length=len(text),
            band=reading_level(text, language).band or "",
        )


def _fills(content: Content, text: str) -> bool:
    """Tell whether every number that a wording names is there to be filled in."""
    return all(name in content.numbers for name in SLOT.findall(text))


def _before(content: Content, asked: Change, language: Language) -> Sequence[Bubble]:
    """Return what stands above it: the topic in the young person's words, or the step before."""
    place = content.steps.place(asked.sentence)
    if place is None:
        return ()
    topic, step = place
    if step == 0:
        meaning = content.meanings.get(topic)
        return (Bubble(True, meaning.label[language]),) if meaning else ()
    earlier = content.steps.path(topic)[step - 1]
    reply = content.reply(earlier, language, band=asked.band)
    following = reply.quick_replies[0].label
    choices = [one.label for one in reply.quick_replies]
    return Bubble(False, reply.text, choices), Bubble(True, following)


def _use(content: Content, sentence: str) -> Use:
    place = content.steps.place(sentence)
    if place is not None:
        topic, step = place
        kind = "topic" if topic in content.steps.harms else "question"
        return Use(kind, topic, step + 1, len(content.steps.path(topic)))
    group = sentence.rpartition(".")[0] or sentence
    others = content.groups[group]
    return Use(_kind(group), group, others.index(sentence) + 1, len(others))


def _kind(group: str) -> str:
    if group.startswith(("surge_", "away")):
        return "service"
    if group in CRISIS_GROUPS:
        return "crisis"
    if group in NOTICES:
        return "notice"
    return "talk" if group in TALK else "other"


def _told(found: Iterable[Fault]) -> Sequence[Trouble]:
    return tuple(Trouble(one.code, one.about, one.where) for one in found)
