"""Making a reply fit its channel: pieces inside the text limit, choices it can show."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.channels.base import Capabilities, TextUnit
from bot.messages import Reply

_SENTENCE_END = re.compile(r"(?<=[.!?…。？！\n])\s+|(?<=\n)")
_WORD_END = re.compile(r"\s+")


def pieces(reply: Reply, limits: Capabilities) -> tuple[Reply, ...]:
    """Return the messages that carry `reply` on a channel, in order; at least one.

    A text over the limit is cut at sentence ends, else at spaces, else between characters.
    Choices ride on the last piece. A channel without choices gets them as a numbered list,
    and the number typed back is understood as the choice.
    """
    texts = tuple(_cut(shown(reply, limits), limits)) or ("",)
    choices = tuple(reply.quick_replies[: limits.quick_replies])
    plain = replace(reply, quick_replies=(), reply_token=None, reference=None)
    messages = [replace(plain, text=part) for part in texts]
    messages[0] = replace(messages[0], reply_token=reply.reply_token)
    messages[-1] = replace(messages[-1], quick_replies=choices, reference=reply.reference)
    return tuple(messages)


def shown(reply: Reply, limits: Capabilities) -> str:
    """Return the text of a reply, its choices numbered below where a channel has none."""
    return reply.text if limits.quick_replies else _with_list(reply)


def length(text: str, unit: TextUnit) -> int:
    """Return how long a provider finds a text."""
    match unit:
        case TextUnit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case TextUnit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case TextUnit.CHARACTERS:
            return len(text)


def _with_list(reply: Reply) -> str:
    lines = [f"{number}. {one.label}" for number, one in enumerate(reply.quick_replies, start=1)]
    return "\n".join([reply.text, *lines])


def _cut(text: str, limits: Capabilities) -> Iterator[str]:
    """Yield the pieces of a text, each inside the limit and never blank."""
    rest = text.strip()
    while length(rest, limits.text_unit) > limits.text_limit:
        end = _end(rest, limits)
        yield rest[:end].strip()
        rest = rest[end:].strip()
    if rest:
        yield rest


def _end(text: str, limits: Capabilities) -> int:
    """Return where the first piece ends: the last good place that still fits."""
    fits = _fitting(text, limits)
    for place in (_SENTENCE_END, _WORD_END):
        ends = [found.end() for found in place.finditer(text, 0, fits) if found.start() > 0]
        if ends:
            return ends[-1]
    return fits


def _fitting(text: str, limits: Capabilities) -> int:
    """Return how many leading characters fit, at least one."""
    low, high = 1, min(len(text), limits.text_limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle], limits.text_unit) <= limits.text_limit:
            low = middle
        else:
            high = middle - 1
    return low
