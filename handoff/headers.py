"""The headers that keep a browser from being turned against the console."""

from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation",
    "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment",
    "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial",
    "usb",
)  # fmt: skip

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
}

PASSKEY_PAGES = frozenset(
    {"/console/login", "/console/join", "/console/confirm", "/console/passkeys"}
)
"""The only pages whose script may ask a device for a passkey."""

PASSKEY_POLICY = ", ".join(
    f"{feature}=(self)" if feature.startswith("publickey-credentials-") else f"{feature}=()"
    for feature in _FEATURES
)

STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


class SecureRoute(APIRoute):
    """A route whose every answer carries `HEADERS`, errors included.

    An error nobody caught is answered here, without a word about it, and raised again for the
    server's log.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def send_secured(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(_headers(scope))
            await send(message)

        try:
            await self.answer(scope, receive, send_secured)
        except HTTPException as error:  # a method this route does not have
            answer = PlainTextResponse("", error.status_code, error.headers)
            await answer(scope, receive, send_secured)
        except Exception:
            if not started:
                answer = PlainTextResponse("Internal Server Error", 500)
                await answer(scope, receive, send_secured)
            raise

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what it sends gets the headers."""
        await super().handle(scope, receive, send)


def is_https(connection: HTTPConnection) -> bool:
    """Tell whether the browser's side is encrypted, here or at a proxy in front.

    Somebody who forges the header only gets a cookie their own browser will not keep.
    """
    forwarded = connection.headers.get("x-forwarded-proto", "")
    return connection.url.scheme in ("https", "wss") or forwarded.strip().lower() == "https"


def _headers(scope: Scope) -> dict[str, str]:
    headers = dict(HEADERS)
    if scope["path"] in PASSKEY_PAGES:
        headers["Permissions-Policy"] = PASSKEY_POLICY
    if is_https(HTTPConnection(scope)):
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
    return headers
