"""Whether every sentence and button fits one message of every channel.

The limits are those that the adapters declare; there are no others here.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.channels.base import Capabilities, TextUnit
from bot.channels.kakao_consult import KakaoConsultChannel
from bot.channels.kakao_skill import KakaoSkillChannel
from bot.channels.line_limits import LIMITS as LINE
from bot.channels.meta import INSTAGRAM, MESSENGER
from bot.channels.telegram import TelegramChannel
from bot.channels.web import LIMITS as WEB
from bot.channels.x import XChannel
from bot.dialogue.content import SENTENCE_FILES, Content, load_content
from bot.dialogue.content_file import ContentError
from bot.dialogue.lexicon import Lexicon
from bot.dialogue.policy import WHICH
from bot.dialogue.reading_level import Band
from bot.dialogue.sentences import MEANINGS_FILE, Choice, Fault
from bot.messages import Reply
from bot.shaping import length, shown
from storage.records import Language

CHANNELS: Mapping[str, Capabilities] = {
    "KakaoTalk": KakaoSkillChannel.capabilities,
    "KakaoTalk with a counselor": KakaoConsultChannel.capabilities,
    "LINE": LINE,
    "Messenger": MESSENGER.capabilities,
    "Instagram": INSTAGRAM.capabilities,
    "X": XChannel.capabilities,
    "Telegram": TelegramChannel.capabilities,
    "the web page": WEB,
}
"""Every channel there is, whether it is on or not: a sentence is written once for all."""

_UNITS = {
    TextUnit.BYTES: "bytes (a Korean syllable is three)",
    TextUnit.UTF16: "characters",
    TextUnit.CHARACTERS: "characters",
}
_NAMES = {Language.KO: "Korean", Language.EN: "English"}


def load_fitting(folder: Path, *, lexicon: Lexicon | None = None) -> Content:
    """Read a content folder as `load_content` does, and refuse what fits no message.

    Raises:
        ContentError: anything in it is not right; it says what fits which channel, and how much.
    """
    content = load_content(folder, lexicon=lexicon)
    for file, buttons in (("choices.toml", content.choices), (MEANINGS_FILE, content.meanings)):
        for choice in buttons.values():
            for problem in _button_misfits(choice):
                raise ContentError(file, choice.id, problem)
    for name in content.sentences:
        for problem in _sentence_misfits(name, content):
            raise ContentError(_file_of(folder, name), name, problem)
    return content


def misfits(reply: Reply) -> Iterator[str]:
    """Yield what of a reply does not fit one message, by channel, for whoever writes it."""
    for channel in CHANNELS:
        yield from _misfits_on(channel, reply)


def _misfits_on(channel: str, reply: Reply) -> Iterator[str]:
    limits = CHANNELS[channel]
    text = shown(reply, limits)
    size, unit = length(text, limits.text_unit), _UNITS[limits.text_unit]
    if size > limits.text_limit:
        yield f"{size} {unit} long, and {channel} takes {limits.text_limit} in one message"
    if limits.fold is not None and len(text) > limits.fold:
        yield f"{len(text)} characters long, and {channel} hides what is over {limits.fold}"
    if 0 < limits.quick_replies < len(reply.quick_replies):
        count = len(reply.quick_replies)
        yield f"has {count} buttons, and {channel} shows {limits.quick_replies}"


def unfit(content: Content, name: str) -> Iterator[Fault]:
    """Yield the channels where one sentence does not fit one message, in any of its wordings."""
    replies = [reply for _, reply in _replies(name, content)]
    for channel in CHANNELS:
        if any(problem for reply in replies for problem in _misfits_on(channel, reply)):
            yield Fault("misfit", channel)


def _sentence_misfits(name: str, content: Content) -> Iterator[str]:
    for wording, reply in _replies(name, content):
        for problem in misfits(reply):
            yield f"{wording}: {problem}; shorten it"


def _replies(name: str, content: Content) -> Iterator[tuple[str, Reply]]:
    """Yield a sentence in every wording, with all the buttons that it can have."""
    between = tuple(content.meanings)[:2] if name.rpartition(".")[0] in WHICH else ()
    for band in (None, *content.sentences[name].bands):
        for language in Language:
            for waiting in (False, True):
                reply = content.reply(name, language, waiting=waiting, between=between, band=band)
                yield _wording(language, band), reply


def _button_misfits(choice: Choice) -> Iterator[str]:
    for channel, limits in CHANNELS.items():
        if not limits.quick_replies:
            continue
        for language, label in choice.label.items():
            if len(label) > limits.label_limit:
                told = f"{len(label)} characters on the button, and {channel} shows"
                yield f"{_NAMES[language]}: {told} {limits.label_limit}; shorten it"
        if len(choice.payload.encode()) > limits.payload_limit:
            yield f"its payload is over the {limits.payload_limit} bytes of {channel}"


def _wording(language: Language, band: Band | None) -> str:
    return f"{_NAMES[language]} for {band} school" if band else _NAMES[language]


def _file_of(folder: Path, name: str) -> str:
    """Return the file that holds a sentence."""
    wanted = f'id = "{name}"'
    holds = (one for one in SENTENCE_FILES if wanted in (folder / one).read_text(encoding="utf-8"))
    return next(holds, "(sentences)")
