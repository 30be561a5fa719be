"""HTTP in: the providers' calls and the health of the house."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect

from bot.channels.base import (
    Accept,
    AnswersInside,
    Channel,
    ChannelError,
    Handshake,
    InvalidPayload,
    InvalidSignature,
    NotStored,
)
from bot.intake import Intake, IntakeFull
from bot.messages import Headers, InboundMessage, Kept, MessageKind
from storage.errors import StorageError

log = logging.getLogger("gyeot.webhooks")

BODY_CAP = 256 * 1024  # bytes (shared/security.md, section 5.2)

ENDPOINT = ":endpoint"
"""Where an adapter finds which of its addresses was called; no HTTP header has such a name."""


@runtime_checkable
class Acknowledges(Protocol):
    """A channel that owes its provider a word after a message is stored."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Tell the provider that a press arrived, or that a group is refused."""
        ...


def make_webhooks(channels: Mapping[str, Channel], intake: Intake) -> APIRouter:
    """Return the routes of every provider: their questions, and their deliveries.

    A delivery is answered 200 after the commit. A provider with several addresses for one
    channel names the one it used in the path; the adapter finds it under `ENDPOINT`.
    """
    roads = {name: _Road.of(channel, intake) for name, channel in channels.items()}

    async def receive(request: Request) -> Response:
        road = roads.get(request.path_params["name"])
        if road is None:
            return Response(status_code=404)
        return await _receive(road, request, request.path_params.get("endpoint", ""))

    async def shake_hands(request: Request) -> Response:
        channel = channels.get(request.path_params["name"])
        if not isinstance(channel, Handshake):
            return Response(status_code=404)
        return _shake_hands(channel, request)

    # Bare routes: what FastAPI reads out of a request cost a quarter of an accept (bench/).
    router = APIRouter()
    router.add_route("/channels/{name}", receive, methods=["POST"])
    router.add_route("/channels/{name}/{endpoint}", receive, methods=["POST"])
    router.add_route("/channels/{name}", shake_hands, methods=["GET"])
    return router


Check = Callable[[], Awaitable[bool]]


def make_health(
    checks: Mapping[str, Check], numbers: Callable[[], Mapping[str, object]]
) -> APIRouter:
    """Return the two health pages; ready says a line a dependency.

    Args:
        checks: what the house depends on, by name.
        numbers: how this process does, read at every call: channels in trouble, the backlog.
    """
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        lines = {name: await check() for name, check in checks.items()}
        # Without the language service every message still gets an answer and a person.
        well = all(answers for name, answers in lines.items() if name != "nlu")
        body = {"ready": well, **lines, **numbers()}
        return JSONResponse(body, status_code=200 if well else 503)

    return router


def storing(intake: Intake) -> Accept:
    """Return what stores messages, and tells a channel plainly when it could not."""

    async def accept(messages: Sequence[InboundMessage]) -> Kept:
        private = [message for message in messages if message.kind is not MessageKind.GROUP]
        try:
            return await intake.accept(private)
        except (StorageError, IntakeFull):
            raise NotStored from None

    return accept


async def acknowledge(channel: Channel, messages: Sequence[InboundMessage]) -> None:
    """Tell the provider after the commit; a failure costs a spinner, never a message."""
    if not isinstance(channel, Acknowledges):
        return
    for message in messages:
        try:
            await channel.acknowledge(message)
        except ChannelError as error:
            log.info("not acknowledged", extra={"channel": error.channel, "code": error.code})


@dataclass(frozen=True, slots=True)
class _Road:
    """One channel with what it can do beside reading, asked once."""

    channel: Channel
    store: Accept
    answers: AnswersInside | None
    acknowledges: bool

    @classmethod
    def of(cls, channel: Channel, intake: Intake) -> "_Road":
        answers = channel if isinstance(channel, AnswersInside) else None
        return cls(channel, storing(intake), answers, isinstance(channel, Acknowledges))


async def _receive(road: _Road, request: Request, endpoint: str) -> Response:
    body = await _read(request)
    if body is None:
        return Response(status_code=413)
    try:
        messages = road.channel.parse(body, {**_headers(request), ENDPOINT: endpoint})
        if road.answers is not None:
            return JSONResponse(await road.answers.exchange(messages, road.store))
        await road.store(messages)
    except InvalidSignature:
        return Response(status_code=401)
    except InvalidPayload:
        return Response(status_code=400)
    except NotStored:
        return Response(status_code=503)
    owed = BackgroundTask(acknowledge, road.channel, messages) if road.acknowledges else None
    return Response(background=owed)


def _shake_hands(channel: Handshake, request: Request) -> Response:
    try:
        challenge = channel.handshake(dict(request.query_params))
    except InvalidSignature:
        return Response(status_code=403)
    except InvalidPayload:
        return Response(status_code=400)
    return Response(challenge.body, media_type=challenge.media_type)


async def _read(request: Request) -> bytes | None:
    """Read the body up to the cap; None when it is larger."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_CAP:
                return None
    except ClientDisconnect:
        return bytes(body)  # fails its signature
    return bytes(body)


def _headers(request: Request) -> Headers:
    return {name.lower(): value for name, value in request.headers.items()}
