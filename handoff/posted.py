"""What a page of ours sent: read, bounded, and proven to be from a page of ours."""

import hmac
import json
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from handoff.auth import AuthError, TooManyTries, same_site
from handoff.cookies import may_keep_a_cookie
from handoff.pages import Pages
from storage.records import StaffSession

MAX_BODY = 16_384  # bytes; the longest is a passkey's answer, a few KiB
RETRY_SECONDS = "30"

Fields = Mapping[str, str]


class Refusal(Exception):
    """A request ends here, with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


async def form(request: Request, pages: Pages) -> Fields:
    """Read a form.

    Raises:
        Refusal: as for `body`, or it is no form of ours.
    """
    sent = await body(request, pages)
    try:
        fields = _parsed(sent, 16)
    except ValueError:
        raise Refusal(pages.message(request, "not_from_here", status=400)) from None
    return {name: values[0] for name, values in fields.items()}


async def signed_form(
    request: Request, pages: Pages, session: StaffSession, *, most: int = 16
) -> Fields:
    """Read a form of at most so many fields that a page made for this session sent.

    What is too long, or no form, has no token either.

    Raises:
        Refusal: it came from elsewhere, or its token is another.
    """
    if not _is_from_here(request):
        raise Refusal(pages.message(request, "not_from_here", status=403))
    sent = await at_most(request.stream(), MAX_BODY) or b""
    try:
        fields = {name: one[0] for name, one in _parsed(sent, most).items()}
    except ValueError:
        fields = {}
    check_csrf(request, pages, session, fields)
    return fields


async def json_of(request: Request, pages: Pages) -> Fields:
    """Read what a script of ours sent: one object of strings.

    Raises:
        Refusal: as for `body`, or it is something else.
    """
    try:
        sent = json.loads(await body(request, pages))
    except (ValueError, RecursionError):
        raise Refusal(JSONResponse({"code": "malformed"}, 400)) from None
    if not isinstance(sent, dict) or not all(isinstance(one, str) for one in sent.values()):
        raise Refusal(JSONResponse({"code": "malformed"}, 400))
    return sent


async def body(request: Request, pages: Pages) -> bytes:
    """Read what a page of ours sent.

    Raises:
        Refusal: it came from elsewhere, without encryption, or is too big.
    """
    if not may_keep_a_cookie(request):
        raise Refusal(pages.message(request, "insecure", status=403))
    if not _is_from_here(request):
        raise Refusal(pages.message(request, "not_from_here", status=403))
    read = await at_most(request.stream(), MAX_BODY)
    if read is None:
        raise Refusal(Response(status_code=413))
    return read


def check_csrf(request: Request, pages: Pages, session: StaffSession, fields: Fields) -> None:
    """Let only a page go on that was made for this session.

    Raises:
        Refusal: its token is another.
    """
    typed = fields.get("csrf", "").encode("utf-8", "replace")
    if not hmac.compare_digest(typed, session.csrf_token.encode()):
        raise Refusal(pages.message(request, "not_from_here", status=403))


def _is_from_here(request: Request) -> bool:
    sent = request.headers
    return same_site(sent.get("host", ""), sent.get("origin"), sent.get("sec-fetch-site"))


def _parsed(sent: bytes, most: int) -> dict[str, list[str]]:
    return parse_qs(sent.decode("utf-8", "replace"), max_num_fields=most)


async def at_most(stream: AsyncIterator[bytes], limit: int) -> bytes | None:
    """Read a body, None when it is longer than `limit`."""
    read = b""
    async for chunk in stream:
        read += chunk
        if len(read) > limit:
            return None
    return read


def code_of(error: AuthError) -> Response:
    """Answer a script with the code of what is wrong."""
    if isinstance(error, TooManyTries):
        return JSONResponse({"code": error.code}, 429, headers={"Retry-After": RETRY_SECONDS})
    return JSONResponse({"code": error.code}, 422)
