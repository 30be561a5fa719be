"""Where a talk can go: the sentences of each topic, one step at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class UnknownStep(LookupError):
    """A topic or sentence that no path knows was asked for: the content does not fit the code."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The paths of all topics, as in `content/steps.toml`.

    A harm or feeling is what a talk is about; a question is asked on the way; a lesson is
    something to do while one waits.
    """

    harms: dict[str, tuple[str, ...]]
    questions: dict[str, tuple[str, ...]]
    lessons: dict[str, tuple[str, ...]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)  # harm or crisis -> its lesson

    def __contains__(self, topic: object) -> bool:
        return topic in self.harms or topic in self.questions or topic in self.lessons

    def path(self, topic: str) -> tuple[str, ...]:
        """Return the ids of a topic's sentences in order.

        Raises:
            UnknownStep: there is no such topic.
        """
        found = self.harms.get(topic) or self.questions.get(topic) or self.lessons.get(topic)
        if not found:
            raise UnknownStep(topic)
        return found

    def place(self, sentence: str) -> tuple[str, int] | None:
        """Return the topic of a sentence and its place in the path, from 0; None outside all."""
        for paths in (self.harms, self.questions, self.lessons):
            for topic, path in paths.items():
                if sentence in path:
                    return topic, path.index(sentence)
        return None

    def lesson_for(self, subject: str | None) -> str:
        """Return the lesson that fits what a talk is about; the first one where none does."""
        return self.about.get(subject or "", next(iter(self.lessons)))

    def following(self, sentence: str) -> str | None:
        """Return the next step after a sentence; None at the end or outside a path."""
        found = self.place(sentence)
        if found is None:
            return None
        path, after = self.path(found[0]), found[1] + 1
        return path[after] if after < len(path) else None
