"""Bodies that are read, and answers that are counted and sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local_server.http_calls import (
    ApiResponse,
    BodyTooLargeError,
    ClientGoneError,
    JsonFormat,
    read_body,
    serve_call,
)


def receive_parts(*parts: bytes) -> Callable[[], Awaitable[dict[str, Any]]]:
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return receive


def serve(answer: ApiResponse | Exception, json_format: JsonFormat | None = None) -> tuple[list[int], list[Any]]:
    """Return the counted statuses and the sent messages."""
    counted: list[int] = []
    sent: list[Any] = []

    async def respond() -> ApiResponse:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(
        serve_call(
            {}, receive_parts(b""), send, respond(), count=counted.append, json_format=json_format or JsonFormat()
        )
    )
    return counted, sent


def test_a_body_of_the_greatest_size_is_read_and_one_byte_more_is_refused() -> None:
    assert asyncio.run(read_body(receive_parts(b"ab", b"cd"), 4)) == b"abcd"

    with pytest.raises(BodyTooLargeError):
        asyncio.run(read_body(receive_parts(b"ab", b"cde", b""), 4))


def test_a_client_that_left_is_counted_and_gets_nothing() -> None:
    assert serve(ClientGoneError()) == ([499], [])


def test_an_answer_without_content_has_no_length() -> None:
    counted, (start, body) = serve(ApiResponse(204, headers={"X-Left": "7"}))

    assert counted == [204]
    assert start["headers"] == [(b"content-type", b"application/json"), (b"x-left", b"7")]
    assert body["body"] == b""


@pytest.mark.parametrize(("escapes", "sent"), [(True, b'{"name":"Zo\\u00eb"}'), (False, '{"name":"Zoë"}'.encode())])
def test_a_server_may_escape_what_is_not_ascii(escapes: bool, sent: bytes) -> None:  # noqa: FBT001  # a table's column
    _, (start, body) = serve(ApiResponse(200, {"name": "Zoë"}), JsonFormat("text/json", escapes))

    assert body["body"] == sent
    assert start["headers"] == [(b"content-type", b"text/json"), (b"content-length", str(len(sent)).encode())]
