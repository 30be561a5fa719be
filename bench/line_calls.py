"""Webhook calls as LINE makes them, written down before the clock starts."""

import json
import time

from tests.fakes.line import Event, LinePerson, webhook

WORDS = "요즘 잠이 잘 안 와서 조금 힘들어요"


def account(number: int) -> str:
    """Return the account of one of many people."""
    return f"U{number:032x}"


def calls(count: int, *, people: int, first: int = 0, text: str = WORDS) -> list[bytes]:
    """Return `count` signed requests, the people taking turns.

    Args:
        first: the number of the first person, so that two loads can have people of their own.
    """
    known = [LinePerson(account(first + number)) for number in range(people)]
    return [request(known[number % people].says(text)) for number in range(count)]


def request(event: Event) -> bytes:
    """Write one webhook call as it goes over the wire; it happened now, old ones are not kept."""
    body, headers = webhook({**event, "timestamp": int(time.time() * 1000)})
    return post("/channels/line", body, headers)


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Write a POST request as it goes over the wire."""
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n{''.join(lines)}\r\n"
    )
    return head.encode() + body


def json_post(path: str, content: object, headers: dict[str, str] | None = None) -> bytes:
    """Write a POST request with a JSON body."""
    return post(path, json.dumps(content, ensure_ascii=False).encode(), headers or {})
