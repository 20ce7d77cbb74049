"""How the emulator is started, with a small program in its place."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simcrm_embedded import emulator_main

APP = """
import asyncio
from ministack.core import lambda_runtime
from ministack.services import stepfunctions

STATE = {"Type": "Map", "MaxConcurrencyPath": "$.plan.sideBySide"}

def main():
    worker = lambda_runtime.Worker()
    print(worker._drain_stderr_bounded() if hasattr(worker, "_drain_stderr_bounded") else "as it is")
    if hasattr(worker, "invoke"):
        print(worker.invoke("event", depth=1))
        try:
            worker.invoke("deadly", depth=1)
        except Exception as error:
            print(type(error).__name__, error)
        for name in ("simcrm-ApiFunction-1", "simcrm-AuthorizeRequestFunction-1", "simcrm-WriteHubSpotFunction-1"):
            worker.config = {"FunctionName": name, "Timeout": 10}
            worker.invoke("event", depth=1)
            print(worker.config["Timeout"])
    if hasattr(stepfunctions, "_run_distributed_map"):
        print(stepfunctions._run_distributed_map(STATE, "raw", {"sideBySide": 4}, "rest"))
        print(stepfunctions._run_distributed_map({"MaxConcurrency": 7}, "raw", {}, "rest"))
    from hypercorn.asyncio import serve
    asyncio.run(serve(application, Config()))
    return 3

class Config:
    bind = ["127.0.0.1:4566"]

async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
"""
SERVER = """
import os
import socket

async def serve(app, config):
    (bind,) = config.bind
    with socket.socket(fileno=int(bind.removeprefix("fd://"))) as listener:
        port = listener.getsockname()[1]
    print(port == int(os.environ["GATEWAY_PORT"]))
    print(await asked(app, port), await asked(app, port, (b"x-amz-security-token", b"token-of-the-stack")))

async def asked(app, port, *headers):
    sent = []
    async def send(message):
        sent.append(message)
    host = (b"host", f"127.0.0.1:{port}".encode())
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [host, *headers], "server": ("127.0.0.1", port)}
    await app(scope, None, send)
    return sent[0]["status"]
"""
WAITS = """
class Worker:
    config = {}

    def _drain_stderr_bounded(self, first_line_wait=0.050, idle_confirm=0.005, hard_cap=0.250):
        return f"{first_line_wait} {idle_confirm} {hard_cap}"

    def invoke(self, event, *, depth):
        if event == "deadly":
            raise BrokenPipeError("process ended")
        return f"{event} {depth}"
"""
MAPS = """
def _resolve_path(path, data):
    return data[path.rpartition(".")[2]]

def _run_distributed_map(state, raw_input, effective, rest):
    return f"{state.get('MaxConcurrency')} {raw_input} {rest}"
"""
BEFORE = ("class Worker: pass", "")
"""An emulator that has nothing of what is changed."""


def run(folder: Path, runtime: str, steps: str) -> tuple[int, list[str]]:
    """Start the emulator that is installed in a folder; how it ended and what it said after its address."""
    parts = {"core/lambda_runtime.py": runtime, "services/stepfunctions.py": steps, "app.py": APP}
    files = parts | dict.fromkeys(("__init__.py", "core/__init__.py", "services/__init__.py"), "")
    for name, text in files.items():
        (folder / "ministack" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "ministack" / name).write_text(text, encoding="utf-8")
    (folder / "hypercorn").mkdir()
    (folder / "hypercorn" / "__init__.py").touch()
    (folder / "hypercorn" / "asyncio.py").write_text(SERVER, encoding="utf-8")
    command = [sys.executable, str(emulator_main.__file__)]
    settings = {"PYTHONPATH": str(folder), "GATEWAY_PORT": "0", "AWS_SESSION_TOKEN": "token-of-the-stack"}
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    first, *rest = done.stdout.splitlines()
    assert json.loads(first)["url"].startswith("http://127.0.0.1:")
    return done.returncode, rest


@pytest.mark.parametrize(
    ("emulator", "said"),
    [
        (
            (WAITS, MAPS),
            [
                *("0.015 0.005 0.25", "event 1", "Runtime.ExitError process ended"),
                *("120", "120", "10"),
                *("4 raw rest", "7 raw rest"),
            ],
        ),
        (BEFORE, ["as it is"]),
    ],
    ids=["changed", "as it is"],
)
def test_the_emulator_is_changed_where_it_has_what_is_changed(
    tmp_path: Path, emulator: tuple[str, str], said: list[str]
) -> None:
    code, lines = run(tmp_path, *emulator)

    assert (code, lines[:-2]) == (3, said)


def test_the_emulator_is_served_on_the_port_it_announced_behind_the_guard(tmp_path: Path) -> None:
    code, lines = run(tmp_path, *BEFORE)

    assert (code, lines[-2:]) == (3, ["True", "401 200"])
