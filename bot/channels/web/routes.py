"""The web page's addresses: the page, its script and style, and its socket."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Response, WebSocket
from starlette.datastructures import Headers

from bot.channels.web.channel import Clock, WebChannel
from bot.channels.web.connection import POLICY, Accept, Connection
from bot.channels.web.page import render
from bot.channels.web.privacy import PATHS, KeptDays, load_privacy, render_privacy
from bot.channels.web.texts import TEXTS, PageTexts

NOISY_LOGGERS = ("uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets")
"""Loggers that write frames at DEBUG or peers' addresses at INFO: WARNING at least."""

PAGE_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), "
        "accelerometer=(), gyroscope=(), magnetometer=(), browsing-topics=()"
    ),
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer to a young person's browser carries; nothing stays in its cache."""

_FOLDER = Path(__file__).parent
_ASSETS = {
    "/static/chat/chat.css": ("chat.css", "text/css; charset=utf-8"),
    "/static/chat/reading.css": ("reading.css", "text/css; charset=utf-8"),
    "/static/chat/plain.css": ("plain.css", "text/css; charset=utf-8"),
    "/static/chat/chat.js": ("chat.js", "text/javascript; charset=utf-8"),
    "/static/chat/leave.js": ("leave.js", "text/javascript; charset=utf-8"),
    "/static/chat/icon.svg": ("icon.svg", "image/svg+xml"),
    "/favicon.ico": ("icon.svg", "image/svg+xml"),  # asked for unbidden by old browsers
}


def make_router(
    channel: WebChannel,
    accept: Accept,
    clock: Clock,
    *,
    days: KeptDays,
    texts: Mapping[str, PageTexts] = TEXTS,
    unused: Callable[[], frozenset[str]] = frozenset,
) -> APIRouter:
    """Make the page's routes.

    Args:
        accept: keeps one message and returns once it is committed, or says that it was too
            much; raises `NotStored` when it could not be kept. Any other error closes the
            socket, and the page connects and sends again.
        clock: aware UTC time, for the limit on what one socket may say.
        days: how long this installation keeps what, said on the privacy page.
        texts: the page's words by language; "ko" and "en".
        unused: the numbers that are out of use now; the page does not show them.
    """
    router = APIRouter(include_in_schema=False)
    page_without = lru_cache(partial(render, texts))
    _add(router, "/", lambda: page_without(unused()), "text/html; charset=utf-8")
    privacy = load_privacy(_FOLDER / "privacy.toml", days)
    for language, path in PATHS.items():
        page = render_privacy(privacy, texts, language)
        _add_file(router, path, page, "text/html; charset=utf-8")
    for path, (name, media_type) in _ASSETS.items():
        _add_file(router, path, (_FOLDER / name).read_bytes(), media_type)

    @router.websocket("/chat/ws")
    async def chat(socket: WebSocket) -> None:
        if not _same_origin(socket.headers):
            await socket.close(POLICY)
            return
        await socket.accept()
        await Connection(socket, channel, accept, clock).run()

    return router


def _add_file(router: APIRouter, path: str, content: bytes, media_type: str) -> None:
    _add(router, path, lambda: content, media_type)


def _add(router: APIRouter, path: str, content: Callable[[], bytes], media_type: str) -> None:
    async def answer() -> Response:
        return Response(content(), media_type=media_type, headers=dict(PAGE_HEADERS))

    router.add_api_route(path, answer, methods=["GET", "HEAD"])


def _same_origin(headers: Headers) -> bool:
    # A browser always sends Origin with an upgrade; another site's page cannot change it.
    origins = headers.getlist("origin")
    if len(origins) != 1:
        return False
    try:
        origin = urlsplit(origins[0])
    except ValueError:
        return False
    host = headers.get("host", "").lower()
    return origin.scheme in ("http", "https") and bool(host) and origin.netloc.lower() == host
