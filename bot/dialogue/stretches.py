"""A message in stretches, each of which the language service can be asked about by itself."""

import re

STRETCH = 30
"""Characters of a stretch of a long sentence; of the sentences that were learned half have 27."""
LONG = 40
"""Characters up to which a sentence is a stretch as it is."""
MOST = 16
"""Stretches that do not overlap, at most: those of a longer message have more characters."""
# Children seldom type periods: a polite ending, laughter and tears end a sentence as well.
_END = re.compile(r"(?<=[.!?…~\n。！？])\s*|(?<=요)\s+|(?<=[ㅋㅎㅠㅜ]{2})\s+")


def stretches(text: str) -> list[str]:
    """Return the sentences of a text, and of long ones stretches that overlap by half.

    What belongs together stands together in one of them. A word without end is cut.
    """
    most = max(STRETCH, len(text) // MOST)
    spoken = [sentence for sentence in _END.split(text) if any(map(str.isalnum, sentence))]
    found = [part for sentence in spoken for part in _cut(sentence.strip(), most)]
    return found if len(found) <= 2 * MOST else _cut(text.strip(), most)


def _cut(sentence: str, most: int) -> list[str]:
    if len(sentence) <= max(LONG, most):
        return [sentence]
    half = most // 2 - 1  # two of them, and the space between, fit into one stretch
    words = [word[i : i + half] for word in sentence.split() for i in range(0, len(word), half)]
    found: list[str] = []
    start = end = 0
    while end < len(words):
        end = _end(words, start, most)
        found.append(" ".join(words[start:end]))
        start = _end(words, start, most // 2)
    return found


def _end(words: list[str], start: int, most: int) -> int:
    """Return where a stretch of at most so many characters ends; it has one word at least."""
    end, length = start + 1, len(words[start])
    while end < len(words) and length + 1 + len(words[end]) <= most:
        length += 1 + len(words[end])
        end += 1
    return end
