"""The reviewed sentences that a change of hands sends."""

from collections.abc import Mapping
from dataclasses import replace

from bot import reply_body, talks
from bot.dialogue.codes import spelled
from bot.dialogue.content import Content
from bot.messages import Origin, Reply
from bot.returning import SPELLINGS
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

    def stopped(self, language: Language) -> Notice:
        """End a talk of abuse neutrally, with the crisis numbers."""
        return self._notice("stopped.1", language)

    def surges(self, language: Language) -> Mapping[str, str]:
        """Return the prepared sentences for a surge, by the key of the setting."""
        keys = [one for one in self._content.sentences if one.startswith("surge_")]
        return {key: self._content.sentence(key, language) for key in keys}

    def surge(self, key: str, language: Language) -> Notice:
        """Say that it takes long now, in one of the prepared sentences."""
        return self._notice(key, language)

    def duty(self, what: str, language: Language) -> Notice:
        """Say that a report may be owed (`report`), or that somebody was unmasked (`unmasked`)."""
        return self._notice(f"duty_{what}.1", language)

    def way_back(self, code: int, language: Language) -> Notice:
        """Give the words to come back with: they leave, and are not in the notice's `text`."""
        reply = self._content.reply("return_code_closed.1", language)
        words = spelled(code, language, SPELLINGS)
        return Notice(reply.text, reply_body.dump(talks.spoken(replace(reply, aside=words))))

    def counselor(self, text: str, language: Language) -> str:
        """Return the outbox body of a counselor's own words."""
        return reply_body.dump(Reply(text, origin=Origin.COUNSELOR, language=language))

    def _notice(self, sentence: str, language: Language) -> Notice:
        reply = self._content.reply(sentence, language)
        return Notice(reply.text, reply_body.dump(reply))
