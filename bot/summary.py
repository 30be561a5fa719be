"""What a counselor is told at a glance, read from what the dialogue remembers."""

from bot.dialogue.memory import Memory
from handoff.summaries import Facts


def facts(memory: str) -> Facts:
    """Return topic, risk signals with their rules, what was advised, and what was named.

    All of it are ids of our own content and categories; no word of anybody is in a memory.
    """
    found = Memory.load(memory)
    kinds = {
        "topic": (found.subject,) if found.subject else (),
        "signals": found.signals,
        "advised": tuple(name for name, count in found.steps.items() if count),
        "mentions": found.mentions,
    }
    return {kind: values for kind, values in kinds.items() if values}
