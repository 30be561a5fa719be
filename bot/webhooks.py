"""HTTP in: the providers' calls and the health of the house."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect

from bot.channels.base import Channel, ChannelError, InvalidPayload, InvalidSignature
from bot.intake import Intake, IntakeFull
from bot.messages import Headers, InboundMessage
from storage.errors import StorageError

log = logging.getLogger("gyeot.webhooks")

BODY_CAP = 256 * 1024  # bytes (shared/security.md, section 5.2)


@runtime_checkable
class Acknowledges(Protocol):
    """A channel that owes its provider a word after a message is stored."""

    async def acknowledge(self, message: InboundMessage) -> None:
        """Tell the provider that a press arrived."""
        ...


def make_webhooks(channels: Mapping[str, Channel], intake: Intake) -> APIRouter:
    """Return the route that takes every provider's deliveries: 200 comes after the commit."""
    router = APIRouter()

    @router.post("/channels/{name}")
    async def receive(name: str, request: Request) -> Response:
        channel = channels.get(name)
        if channel is None:
            return Response(status_code=404)
        return await _receive(channel, intake, request)

    return router


async def acknowledge(channel: Channel, messages: Sequence[InboundMessage]) -> None:
    """Tell the provider after the commit; a failure costs a spinner, never a message."""
    if not isinstance(channel, Acknowledges):
        return
    for message in messages:
        try:
            await channel.acknowledge(message)
        except ChannelError as error:
            log.info("not acknowledged", extra={"channel": error.channel, "code": error.code})


Check = Callable[[], Awaitable[bool]]


def make_health(checks: Mapping[str, Check]) -> APIRouter:
    """Return the two health pages; ready says a line a dependency."""
    router = APIRouter(prefix="/health")

    @router.get("/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/ready")
    async def ready() -> JSONResponse:
        lines = {name: await check() for name, check in checks.items()}
        # Without the language service every message still gets an answer and a person.
        down = not all(well for name, well in lines.items() if name != "nlu")
        return JSONResponse({"ready": not down, **lines}, status_code=503 if down else 200)

    return router


async def _receive(channel: Channel, intake: Intake, request: Request) -> Response:
    body = await _read(request)
    if body is None:
        return Response(status_code=413)
    try:
        messages = channel.parse(body, _headers(request))
        if messages:
            await intake.accept(messages)
    except InvalidSignature:
        return Response(status_code=401)
    except InvalidPayload:
        return Response(status_code=400)
    except (StorageError, IntakeFull):
        return Response(status_code=503)
    return Response(background=BackgroundTask(acknowledge, channel, messages))


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
