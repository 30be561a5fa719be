"""Bells that ring when something was committed, so that nobody has to ask again and again."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from enum import StrEnum

from storage.sessions import Session


class Topic(StrEnum):
    """What changed."""

    INBOX = "inbox"  # a delivery was accepted
    OUTBOX = "outbox"  # a message may be sent
    QUEUE = "queue"  # the queue or any talk looks different now
    SETTINGS = "settings"  # a setting changed, or words of staff did


def wake(session: Session, topic: Topic) -> None:
    """Ring `topic` once this session's transaction is committed, and not if it fails."""
    session.info.setdefault(_PENDING, set()).add(topic)


def to_ring(session: Session) -> frozenset[Topic]:
    """Return the topics that `wake` collected in this transaction."""
    return frozenset(session.info.get(_PENDING, ()))


class Subscription:
    """One listener's bell; rings that came between two waits are one ring."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Let the next (or running) wait return True."""
        self._bell.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - part of what it promises
        """Return True as soon as it rang, False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._bell.wait()
        except TimeoutError:
            return False
        self._bell.clear()
        return True


class Wakeups:
    """All listeners of this process, by topic. It is a hint: the tables tell the truth."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, set[Subscription]] = {topic: set() for topic in Topic}

    @asynccontextmanager
    async def subscribe(self, topic: Topic) -> AsyncGenerator[Subscription]:
        """Listen to `topic` from now until the block ends."""
        subscription = Subscription()
        self._listeners[topic].add(subscription)
        try:
            yield subscription
        finally:
            self._listeners[topic].discard(subscription)

    def ring(self, topics: Iterable[Topic]) -> None:
        """Wake everybody in this process who listens to one of `topics`."""
        for topic in topics:
            for subscription in self._listeners[topic]:
                subscription.ring()


_PENDING = "gyeot.wake"
