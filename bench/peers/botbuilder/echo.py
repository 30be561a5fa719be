"""A Bot Framework echo bot on aiohttp, authentication off as in its emulator: echo.py PORT."""

import sys

from aiohttp import web
from botbuilder.core import (
    ActivityHandler,
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    TurnContext,
)
from botbuilder.schema import Activity


class Echo(ActivityHandler):
    """Says one sentence to everything."""

    async def on_message_activity(self, turn_context: TurnContext):
        """Answer."""
        await turn_context.send_activity("들었어요. 더 이야기해 주세요.")


ADAPTER = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))
BOT = Echo()


async def receive(request: web.Request) -> web.Response:
    """Take one webhook call."""
    activity = Activity().deserialize(await request.json())
    await ADAPTER.process_activity(activity, request.headers.get("Authorization", ""), BOT.on_turn)
    return web.Response()


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/hook", receive)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
