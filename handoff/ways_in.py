"""What the pages about signing in share, before somebody is in and after."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from handoff import posted
from handoff.auth import AuthError, Door
from handoff.pages import Pages
from handoff.passkeys import Passkeys
from handoff.sites import Sites


@dataclass(frozen=True, slots=True)
class WaysIn:
    """The door and the passkeys by which staff come in, and the site that those are good for."""

    door: Door
    passkeys: Passkeys
    sites: Sites
    pages: Pages
    now: Callable[[], datetime]  # aware UTC time


Step = Callable[[Request], Awaitable[Response]]


def answering(step: Step) -> Step:
    """Turn what is wrong with a way in into its code."""

    async def answer(request: Request) -> Response:
        try:
            return await step(request)
        except AuthError as error:
            return posted.code_of(error)

    return answer
