"""KakaoTalk chatbot skill: answers ride in the response to what the person wrote.

Source: https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format
(skill response) and .../skill_guide/ai_chatbot_callback_guide (callback).
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from bot.channels.base import (
    Accept,
    Capabilities,
    InvalidPayload,
    InvalidSignature,
    NotStored,
    PermanentSendError,
    TextUnit,
    WindowClosed,
)
from bot.channels.kakao_format import (
    CHOICES,
    FOLD,
    LABEL_LIMIT,
    OUTPUTS,
    PAYLOAD_LIMIT,
    TEXT_LIMIT,
    Part,
    Shown,
    bot_of,
    bubble,
    call_back_later,
    callback_of,
    choices_of,
    content_of,
    is_console_test,
    operator_card,
    person_of,
    response,
)
from bot.channels.kakao_texts import KakaoTexts
from bot.channels.reading import Content, read_json, words
from bot.messages import Headers, InboundMessage, Kept, MessageKind, Origin, QuickReply, Reply

log = logging.getLogger("gyeot.kakao")

API = "https://bot-api.kakao.com"
KEY_HEADER = "x-gyeot-skill-key"
CHECK = "check:reply"
"""The payload of the press that only asks whether an answer is there by now."""

NAME = "kakao"

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a request may stay open, in seconds.

    Kakao gives up after 5 s, and a callback URL dies after 60 s.
    """

    answer: float = 3.5  # from the call to its response, storing included
    quiet: float = 0.4  # for a second reply after the first
    callback: float = 50.0  # for the first reply after the response
    post: float = 5.0  # to hand that reply over


class KakaoSkillChannel:
    """One KakaoTalk chatbot. It cannot speak first: `send` needs a request that is open.

    A reply counts as sent when it is part of a response that is about to leave, because
    the sender brings the next reply of a talk only then. What goes through a callback
    counts as sent when Kakao said so.
    """

    name = NAME
    capabilities = Capabilities(
        text_limit=TEXT_LIMIT,
        text_unit=TextUnit.CHARACTERS,
        quick_replies=CHOICES,
        label_limit=LABEL_LIMIT,
        payload_limit=PAYLOAD_LIMIT,
        fold=FOLD,
        can_push=False,
        held=True,
        reply_deadline=4.5,
    )

    def __init__(
        self,
        skill_key: str,
        bot_id: str,
        texts: KakaoTexts,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        base: httpx.URL,
        waits: Waits,
        consult: bool,
    ) -> None:
        self._key = skill_key.encode()
        self._bot = bot_id.removesuffix("!")
        self._texts = texts
        self._http = http
        self._clock = clock
        self._base = base
        self._waits = waits
        self._consult = consult
        self._open: dict[str, list[_Request]] = {}
        self._late: set[asyncio.Task[None]] = set()

    def use(self, texts: KakaoTexts) -> None:
        """Say other texts from now on."""
        self._texts = texts

    def parse(self, body: bytes, headers: Headers) -> Sequence[InboundMessage]:
        """Read one skill call; the console's test gives nothing. See `Channel.parse`."""
        shown = headers.get(KEY_HEADER, "").encode("utf-8", "surrogatepass")
        if not self._key or not hmac.compare_digest(shown, self._key):
            raise InvalidSignature(NAME, "skill_key")
        call = read_json(body, NAME)
        if not isinstance(call, dict):
            raise InvalidPayload(NAME, "call")
        if bot_of(call, NAME) != self._bot:
            raise InvalidSignature(NAME, "bot_id")
        return () if is_console_test(call) else (self._inbound(call),)

    async def exchange(self, messages: Sequence[InboundMessage], accept: Accept) -> Part:
        """Accept, wait for replies and return the response; see `AnswersInside.exchange`."""
        if not messages:
            return response([Shown((bubble(self._texts.test),))])
        request = _Request(messages[0].reply_token)
        waiting = self._open.setdefault(messages[0].address, [])
        waiting.append(request)
        try:
            return await self._answer(request, messages, accept)
        except Exception:
            log.exception("exchange failed", extra={"channel": NAME})
            return self._instead(request, self._texts.not_stored)
        finally:
            if not request.calls_back:
                self._forget(messages[0].address, request)

    async def send(self, address: str, reply: Reply, key: str) -> str:
        """Put a reply into the oldest open request of `address`; see `Channel.send`.

        Raises:
            WindowClosed: no request is open, or the callback did not take it; the person
                must write again first.
            PermanentSendError: Kakao would refuse the whole response for this text.
        """
        text = words(reply.text)
        if not text.strip() or len(text) > TEXT_LIMIT:
            raise PermanentSendError(NAME, "message")
        shown = self._shown(text, reply)
        for request in self._open.get(address, ()):
            if request.takes(shown, key):
                await request.handed_on()
                return ""
        raise WindowClosed(NAME, "no_request")

    async def close(self) -> None:
        """Give up callbacks under way; their replies wait for the person's next word."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._http.aclose()

    def _inbound(self, call: Mapping[str, object]) -> InboundMessage:
        account = person_of(call, NAME)
        content = content_of(call, NAME)
        if content.text.strip() == self._texts.check_label:  # the press lost its payload, or typed
            content = Content(MessageKind.BUTTON, CHECK)
        return InboundMessage(
            channel=NAME,
            # Kakao names no delivery and gives no time, and it does not repeat a call. An
            # id made of the words would take a second "네" for a repeat of the first.
            event_id=secrets.token_hex(16),
            account=account,
            address=account,
            kind=content.kind,
            sent_at=self._clock(),
            text=content.text,
            attachment=content.attachment,
            reply_token=callback_of(call, self._base),
        )

    async def _answer(
        self, request: "_Request", messages: Sequence[InboundMessage], accept: Accept
    ) -> Part:
        due = asyncio.get_running_loop().time() + self._waits.answer
        try:
            async with asyncio.timeout_at(due):
                kept = await accept(messages)
        except (NotStored, TimeoutError):
            return self._instead(request, self._texts.not_stored)
        if kept is Kept.UNSAID:
            return self._instead(request, self._texts.too_much)
        request.room = OUTPUTS
        shown = await request.collect(due, self._waits.quiet)
        if shown:
            return response((*shown, self._check()) if request.is_full else shown)
        if kept is Kept.SAID:  # the reply that says so is late, and "stored" would be no truth
            return self._instead(request, self._texts.too_much)
        if request.callback is None:
            return self._wait_a_little()
        self._call_back(messages[0].address, request, request.callback)
        return call_back_later(self._texts.waiting)

    def _instead(self, request: "_Request", text: str) -> Part:
        """Answer with our own words, before whatever came meanwhile."""
        return response((Shown((bubble(text),)), *request.seal()))

    def _wait_a_little(self) -> Part:
        return response((Shown((bubble(self._texts.waiting),)), self._check()))

    def _check(self) -> Shown:
        """Return the choice that fetches what could not be sent by itself."""
        return Shown((), choices_of([QuickReply(self._texts.check_label, CHECK)]))

    def _call_back(self, address: str, request: "_Request", url: str) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            self._late.discard(task)
            request.settle(taken=False)
            self._forget(address, request)

        request.turn_to_callback()
        late = asyncio.create_task(self._answer_late(request, url))
        self._late.add(late)
        late.add_done_callback(ended)

    async def _answer_late(self, request: "_Request", url: str) -> None:
        """Post what comes within the callback's life, once; the waiting sentence if nothing."""
        due = asyncio.get_running_loop().time() + self._waits.callback
        shown = await request.collect(due, 0.0)
        # One reply a callback: the next would come only after this one counts as sent.
        answer = response((*shown, self._check())) if shown else self._wait_a_little()
        request.settle(taken=await self._post(url, answer))

    async def _post(self, url: str, answer: Part) -> bool:
        try:
            async with asyncio.timeout(self._waits.post):
                said = await self._http.post(url, json=answer)
            taken = said.is_success and said.json()["status"] == "SUCCESS"
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError, LookupError):
            taken = False
        if not taken:
            log.warning("callback not taken", extra={"channel": NAME})
        return taken

    def _shown(self, text: str, reply: Reply) -> Shown:
        outputs, choices = (bubble(text),), choices_of(reply.quick_replies)
        if reply.origin is Origin.COUNSELOR:  # who may write again, and cannot be heard then
            choices += self._check().choices
        if not (self._consult and reply.reference):
            return Shown(outputs, choices)
        texts = self._texts
        card = operator_card(texts.operator, texts.operator_label, reply.reference)
        return Shown((*outputs, card), choices)

    def _forget(self, address: str, request: "_Request") -> None:
        left = [other for other in self._open.get(address, ()) if other is not request]
        if left:
            self._open[address] = left
        else:
            self._open.pop(address, None)


def make_kakao_skill(
    skill_key: str,
    bot_id: str,
    texts: KakaoTexts,
    clock: Clock,
    api_base: str | None = None,
    *,
    consult: bool = False,
    waits: Waits | None = None,
) -> KakaoSkillChannel:
    """Build the channel; nothing is called before the first callback.

    Args:
        skill_key: what the console sends in the header `X-Gyeot-Skill-Key`.
        bot_id: the bot's id in the console, with or without "!".
        texts: the reviewed sentences.
        clock: tells when a call came, because Kakao does not; aware UTC.
        api_base: scheme and host that stand for Kakao's in callback URLs, None for Kakao's.
        consult: whether a consultation talk is there to move people to.
        waits: how long requests stay open.
    """
    waits = waits or Waits()
    return KakaoSkillChannel(
        skill_key,
        bot_id,
        texts,
        httpx.AsyncClient(timeout=waits.post, follow_redirects=False),
        clock,
        base=httpx.URL(api_base or API),
        waits=waits,
        consult=consult,
    )


class _Request:
    """One call of a person that still waits for its response, and what will ride in it."""

    def __init__(self, callback: str | None) -> None:
        self.callback = callback
        self.calls_back = False
        self.room = OUTPUTS - 1  # one is kept for our own words until the message is stored
        self._shown: dict[str, Shown] = {}
        self._arrived = asyncio.Event()
        self._sealed = False
        self._taken: asyncio.Future[bool] | None = None

    @property
    def is_full(self) -> bool:
        """Whether more may have come than fits."""
        return self._left() <= 0

    def takes(self, shown: Shown, key: str) -> bool:
        """Keep a reply, if there is room; a repeat under the same key takes none."""
        if self._sealed:
            return False
        if key not in self._shown and len(shown.outputs) > self._left():
            return False
        self._shown.setdefault(key, shown)
        self._arrived.set()
        return True

    async def handed_on(self) -> None:
        """Return when what was taken counts as sent.

        Raises:
            WindowClosed: the callback did not take it.
        """
        # Shielded: a sender that gives up must not settle it for the others.
        if self._taken is not None and not await asyncio.shield(self._taken):
            raise WindowClosed(NAME, "callback")

    async def collect(self, due: float, quiet: float) -> Sequence[Shown]:
        """Wait for a reply until `due`, and `quiet` seconds for each further one."""
        pause = due
        while not self.is_full and await self._comes(min(pause, due)):
            pause = asyncio.get_running_loop().time() + quiet
        return self.seal()

    def seal(self) -> Sequence[Shown]:
        """Take nothing more; return what there is."""
        self._sealed = True
        return tuple(self._shown.values())

    def turn_to_callback(self) -> None:
        """Open again, for one reply that counts as sent only when Kakao took it."""
        self.calls_back = True
        self._sealed = False
        self._taken = asyncio.get_running_loop().create_future()

    def settle(self, *, taken: bool) -> None:
        """Tell whether the callback took what it carried; only the first word counts."""
        self._sealed = True
        if self._taken is not None and not self._taken.done():
            self._taken.set_result(taken)

    def _left(self) -> int:
        return self.room - sum(len(shown.outputs) for shown in self._shown.values())

    async def _comes(self, until: float) -> bool:
        try:
            async with asyncio.timeout_at(until):
                await self._arrived.wait()
        except TimeoutError:
            return False
        self._arrived.clear()
        return True
