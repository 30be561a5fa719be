"""The reviewed sentences that a change of hands sends."""

from bot import reply_body
from bot.dialogue.content import Content
from bot.messages import Origin, Reply
from handoff.notices import Notice
from storage.records import Language


class ContentNotices:
    """What a young person reads when a counselor comes, goes or says goodbye."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def use(self, content: Content) -> None:
        """Say the sentences of another set from now on."""
        self._content = content

    def joined(self, language: Language) -> Notice:
        """Say that a counselor is here now."""
        return self._notice("joined.1", language)

    def returned(self, language: Language) -> Notice:
        """Say that the counselor is gone, and that their place in line is kept."""
        return self._notice("returned.1", language)

    def handed_over(self, language: Language) -> Notice:
        """Say that another counselor is here now, and knows what was said."""
        return self._notice("handed.1", language)

    def to_bot(self, language: Language) -> Notice:
        """Say that the bot answers again, and how to get a person."""
        return self._notice("to_bot.1", language)

    def goodbye(self, language: Language) -> Notice:
        """Say goodbye in words that tell a stranger nothing."""
        return self._notice("closed.1", language)

    def counselor(self, text: str, language: Language) -> str:
        """Return the outbox body of a counselor's own words."""
        return reply_body.dump(Reply(text, origin=Origin.COUNSELOR, language=language))

    def _notice(self, sentence: str, language: Language) -> Notice:
        reply = self._content.reply(sentence, language)
        return Notice(reply.text, reply_body.dump(reply))
