"""An opsdroid bot that answers signed webhooks by calls to a provider: echo.py PORT PROVIDER."""

import hashlib
import hmac
import sys

import aiohttp
from aiohttp import web
from opsdroid.cli.utils import configure_lang
from opsdroid.connector import Connector, register_event
from opsdroid.core import OpsDroid
from opsdroid.events import Message
from opsdroid.matchers import match_regex
from opsdroid.skill import Skill

SECRET = b"bench-secret"


class ConnectorHook(Connector):
    """Signed JSON in, JSON out."""

    def __init__(self, config, opsdroid=None):
        super().__init__(config, opsdroid=opsdroid)
        self.name = "hook"
        self.provider = config["provider"]

    async def connect(self):
        """Open the way in and the way out."""
        self.session = aiohttp.ClientSession()
        self.opsdroid.web_server.web_app.router.add_post("/hook", self.receive)

    async def listen(self):
        """Nothing to listen to: the web server calls."""

    async def disconnect(self):
        """Close the way out."""
        await self.session.close()

    async def receive(self, request):
        """Take one webhook call."""
        body = await request.read()
        proof = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("x-signature", ""), proof):
            return web.Response(status=401)
        said = await request.json()
        await self.opsdroid.parse(
            Message(text=said["text"], user=said["user"], target=said["user"], connector=self)
        )
        return web.Response()

    @register_event(Message)
    async def send_message(self, message):
        """Bring one answer to the provider."""
        content = {"to": message.target, "text": message.text}
        async with self.session.post(self.provider, json=content) as answer:
            await answer.read()


class EchoSkill(Skill):
    """Says one sentence to everything."""

    @match_regex(r".+")
    async def echo(self, message):
        """Answer."""
        await message.respond("들었어요. 더 이야기해 주세요.")


if __name__ == "__main__":
    port, provider = int(sys.argv[1]), int(sys.argv[2])
    config = {
        "logging": {"level": "error"},
        "welcome-message": False,
        "web": {"host": "127.0.0.1", "port": port},
        "connectors": {"hook": {"module": "echo", "provider": f"http://127.0.0.1:{provider}/send"}},
        "skills": {"echo": {"module": "echo"}},
        "parsers": {"regex": {"enabled": True}},
    }
    configure_lang({})
    with OpsDroid(config=config) as bot:
        bot.run()
