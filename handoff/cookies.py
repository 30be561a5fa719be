"""The cookie that a signed-in browser shows, and where it may live."""

from ipaddress import ip_address

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from handoff.auth import SignedIn
from handoff.headers import is_https

COOKIE_HTTPS = "__Host-gyeot"
COOKIE_LOOPBACK = "gyeot_console"


def may_keep_a_cookie(connection: HTTPConnection) -> bool:
    """Tell whether a session may live on this connection: encrypted, or within one machine."""
    if is_https(connection):
        return True
    try:
        return connection.client is not None and ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


def token_of(connection: HTTPConnection) -> str | None:
    """Return what the browser shows of its session, if it may have one here."""
    if not may_keep_a_cookie(connection):
        return None
    return connection.cookies.get(_cookie_name(connection))


def with_cookie(request: Request, response: Response, signed_in: SignedIn) -> Response:
    """Let the browser keep the token of its new session."""
    response.set_cookie(
        _cookie_name(request),
        signed_in.token,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    return response


def without_cookie(request: Request, response: Response) -> Response:
    """Let the browser forget its session and whatever else it kept of us."""
    response.delete_cookie(
        _cookie_name(request),
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
    )
    response.headers["Clear-Site-Data"] = '"*"'
    return response


def _cookie_name(connection: HTTPConnection) -> str:
    return COOKIE_HTTPS if is_https(connection) else COOKIE_LOOPBACK
