"""A model's API on this machine that answers as a script says, and notes what it was asked and with which key."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Reply:
    """An answer; a text is sent as it is, anything else as JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


@dataclass(frozen=True)
class Received:
    """A request, with the names of its headers in lower case."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def keys(self) -> set[str]:
        """Whatever in it is a credential."""
        named = {self.headers.get(name, "") for name in ("x-api-key", "authorization", "api-key")}
        return {value.removeprefix("Bearer ") for value in named} - {""}


@dataclass
class ModelServer:
    """Takes one reply of the script per request, and answers well when none is left."""

    url: str = ""
    script: list[Reply] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def reset(self, *script: Reply) -> None:
        """Forget what was asked, and begin a script."""
        self.script, self.received = list(script), []

    def reply_to(self, request: Received) -> Reply:
        self.received.append(request)
        if self.script:
            return self.script.pop(0)
        return Reply(message() if request.path.endswith("/messages") else completion())

    @property
    def bodies(self) -> list[Any]:
        """The bodies of all requests."""
        return [request.body for request in self.received]


def completion(content: Any = '{"r": []}', **changes: Any) -> dict[str, Any]:
    """An answer of OpenAI's API; None leaves a field out."""
    choice = {"message": {"content": content}, "finish_reason": "stop"}
    document = {"choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7}} | changes
    return {name: value for name, value in document.items() if value is not None}


def message(text: str = '{"r": []}') -> dict[str, Any]:
    """An answer of Anthropic's API."""
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    usage = {"input_tokens": 11, "output_tokens": 7}
    return about | {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "usage": usage}


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run a server on a free port until the block ends."""
    model = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length) or "null")
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = model.reply_to(Received(self.path, headers, body))
            content = reply.content()
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - what the base class calls

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        model.url = f"http://127.0.0.1:{server.server_port}"
        yield model
        server.shutdown()
