"""Which sentence of a topic or group comes next, so that none is said twice in a row."""

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.content import CRISIS_GROUPS, Content
from bot.dialogue.memory import Memory

FEELINGS = ("scared", "loneliness")
"""To be afraid of what happened does not change what happened."""


def sentences_for(say: Sequence[str], memory: Memory, content: Content) -> tuple[Memory, list[str]]:
    """Return the sentence ids for names of topics, groups or single sentences.

    None of them is said twice in a row; the memory is the one after all of them.
    """
    names = []
    for name in say:
        memory, chosen = _choose(name, memory, content)
        memory = replace(memory, last=chosen)
        names.append(chosen)
    return memory, names


def about(memory: Memory, content: Content, name: str | None) -> Memory:
    """Keep what the talk is about: a harm stays, a feeling or question only fills the gap."""
    if name in FEELINGS and memory.subject in (*content.steps.harms, *CRISIS_GROUPS):
        return memory
    if name in content.steps.harms or name in CRISIS_GROUPS:
        return replace(memory, subject=name)
    if name in content.steps.questions and memory.subject is None:
        return replace(memory, subject=name)
    return memory


def _choose(name: str, memory: Memory, content: Content) -> tuple[Memory, str]:
    if name in content.steps:
        said, path = memory.steps.get(name, 0), content.steps.path(name)
        memory = about(replace(memory, topic=name), content, name)
        if said < len(path) and path[said] != memory.last:
            return memory.said(name, said + 1), path[said]
        return _variant("more", memory, content)
    if name in content.groups:
        return _variant(name, about(memory, content, name), content)
    return _step(name, memory, content)


def _step(name: str, memory: Memory, content: Content) -> tuple[Memory, str]:
    """Return one step that was asked for by its id; the next one when it was said just now."""
    if name == memory.last:
        following = content.steps.following(name)
        if following is None:
            return _variant("more", memory, content)
        name = following
    found = content.steps.place(name)
    if found is None:
        return memory, name
    topic, place = found
    memory = about(replace(memory, topic=topic), content, topic)
    return memory.said(topic, max(place + 1, memory.steps.get(topic, 0))), name


def _variant(group: str, memory: Memory, content: Content) -> tuple[Memory, str]:
    """Return the variant whose turn it is, skipping the one that was said just now."""
    variants = content.groups[group]
    place = memory.steps.get(group, 0) % len(variants)
    if variants[place] == memory.last:
        place = (place + 1) % len(variants)
    return memory.said(group, place + 1), variants[place]
