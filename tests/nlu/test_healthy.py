"""What the health check of the language service's image says; no model is needed for it."""

import asyncio
import sys
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from tests.fakes.nlu import TOKEN, FakeNlu
from tests.fakes.switchboard import FakeProvider
from tests.loopback import free_port
from tests.rasa_process import NLU, environment


async def ended(url: str, **more: str) -> int:
    """The exit code of the check, beside a service at this address."""
    own = {"GYEOT_NLU_TOKEN": TOKEN, "GYEOT_NLU_PORT": url.rpartition(":")[2], **more}
    check = await asyncio.create_subprocess_exec(
        sys.executable,
        NLU / "healthy.py",
        env=environment(**own),
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await check.wait()


async def test_a_service_with_a_model_is_healthy(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n", encoding="utf-8")
    service = FakeNlu({})

    async with service.serving():
        assert await ended(service.url) == 0
        in_a_file = {"GYEOT_NLU_TOKEN": "", "GYEOT_NLU_TOKEN_FILE": str(secret)}
        assert await ended(service.url, **in_a_file) == 0


class Empty(FakeProvider):
    """A service without a model, as Rasa is one: well on "/", and 409 to every question."""

    async def answer(self, request: Request) -> Response:
        return Response(status_code=200 if request.url.path == "/" else 409)


async def test_a_service_without_a_model_is_not_healthy() -> None:
    service = Empty()

    async with service.serving():
        assert await ended(service.url) == 1
    assert await ended(f"http://127.0.0.1:{free_port()}") == 1


async def test_the_health_check_shows_no_proxy_the_token() -> None:
    service, proxy = FakeNlu({}), FakeProvider()

    async with service.serving(), proxy.serving():
        proxies = {"http_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""}
        assert await ended(service.url, **proxies) == 0

    assert proxy.calls == 0


def test_the_image_has_the_health_check_and_asks_it() -> None:
    image = (NLU / "Dockerfile").read_text(encoding="utf-8")

    assert 'CMD ["python", "healthy.py"]' in image
    assert "serve.py healthy.py ./" in image
