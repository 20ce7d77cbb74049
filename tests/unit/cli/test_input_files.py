"""Files and standard input that users bring, as editors and shells of all systems write them."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from unit.cli.account import REGION, Account
from unit.cli.conftest import FakeApi, Simcrm

PREVIEW = "POST /api/simulations/preview"
ERROR = {"ok": False, "error": {"code": "VALIDATION_ERROR", "message": "seen"}}
TEXT = '{\r\n "totalRecords": 5,\r\n "theme": "Müller"\r\n}\r\n'
WANTED = {"totalRecords": 5, "theme": "Müller"}


class StandardInput:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def requested_input(on: Simcrm, api: FakeApi, source: str) -> Any:
    """What the API is asked with this input; its answer is none of this."""
    api.answer(PREVIEW, ERROR, status=400)
    assert on("preview", "--input", source).err == "seen\n"
    return api.requests[-1].body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_may_begin_with_a_byte_order_mark(on: Simcrm, api: FakeApi, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(TEXT.encode(encoding))

    assert requested_input(on, api, str(file)) == WANTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_standard_input_is_read_like_a_file(
    on: Simcrm, api: FakeApi, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(sys, "stdin", StandardInput(TEXT.encode(encoding)))

    assert requested_input(on, api, "-") == WANTED


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "is in UTF-16, not in UTF-8: save it as UTF-8"),
        ("utf-16-le", "is in UTF-16"),
        ("utf-16-be", "is in UTF-16"),
        ("utf-32", "is in UTF-32"),
        ("utf-32-be", "is in UTF-32"),
        ("latin-1", "is not in UTF-8 (byte 0xfc in line 3), perhaps in Latin-1: save it as UTF-8"),
    ],
)
@pytest.mark.parametrize("command", ["preview", "prompt", "deploy", "generate"])
@pytest.mark.usefixtures("account")
def test_another_encoding_is_named(simcrm: Simcrm, tmp_path: Path, encoding: str, said: str, command: str) -> None:
    file = tmp_path / "given.json"
    file.write_bytes(TEXT.encode(encoding))
    commands = {
        "preview": ["--input", str(file)],
        "prompt": ["test", "pairs", "--render-only", "--bucket", "b", "--file", str(file)],
        "deploy": ["--yes", "--region", REGION, "--answers", str(file)],
        "generate": ["--pairs", "1", "--out", str(tmp_path / "out"), "--pack", str(file)],
    }

    outcome = simcrm(command, *commands[command], "--json")

    assert outcome.code == 1
    assert said in outcome.document["error"]["message"]
    assert outcome.document["error"]["message"].startswith(str(file))


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n", b"[]", b"{} {}", b'{"a": 1}\0'])
def test_what_is_no_object_is_refused(simcrm: Simcrm, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(data)

    document = simcrm("preview", "--input", str(file), "--json").document

    assert document["error"]["code"] == "BAD_INPUT"
    assert document["error"]["message"].startswith((f"{file}: is not JSON", f"{file}: is not a JSON object"))


def test_a_file_that_is_not_there_is_named_with_the_reason(simcrm: Simcrm, tmp_path: Path) -> None:
    file = tmp_path / "nowhere.json"

    outcome = simcrm("preview", "--input", str(file))

    assert outcome.err == f"{file}: cannot be read (No such file or directory).\n"


@pytest.mark.usefixtures("account")
def test_a_prompt_may_begin_with_a_byte_order_mark(simcrm: Simcrm, tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_bytes("\ufeffWrite words.\r\nNothing else.\r\n".encode())

    options = ["--render-only", "--bucket", "b", "--file", str(file)]
    document = simcrm("prompt", "test", "pairs", *options, "--json").document

    assert document["text"] == "Write words.\nNothing else.\n"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"cache": "nonsense"}, "cache: is not one of public, own, vpc"),
        ({"stackName": 7}, "stackName: is not text"),
        ({"parameters": []}, "parameters: is not a JSON object"),
        ({"parameters": {"Nonsense": "1"}}, "parameters: the template has no parameter Nonsense"),
        ({"parameters": {"MapConcurrency": None}}, "parameters: MapConcurrency is neither text nor a number"),
        ({"parameters": {"AiEnabled": True}}, "parameters: AiEnabled is neither text nor a number"),
    ],
)
def test_answers_that_are_of_no_use_are_refused_by_name(
    simcrm: Simcrm, account: Account, tmp_path: Path, answers: dict[str, Any], said: str
) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers))

    document = simcrm("deploy", "--yes", "--json", "--region", REGION, "--answers", str(file)).document

    assert said in document["error"]["message"]
    assert account.commands == []


def test_a_number_among_the_answers_is_a_parameter(simcrm: Simcrm, account: Account, tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps({"parameters": {"MapConcurrency": 7}}).encode())

    simcrm("deploy", "--yes", "--json", "--region", REGION, "--answers", str(file))

    assert (account.deployed or {})["MapConcurrency"] == "7"


@pytest.mark.parametrize("name", ["", "my stack", "9lives", "-x", "a_b", "büro", "x" * 65, "a/b", "$(id)"])
@pytest.mark.parametrize("command", [["deploy", "--yes"], ["token", "rotate"]])
def test_a_name_that_no_stack_can_have_is_refused(
    simcrm: Simcrm, account: Account, name: str, command: list[str]
) -> None:
    document = simcrm(*command, "--json", "--stack-name", name, "--region", REGION).document

    assert document["error"]["code"] == "BAD_PLACE"
    assert "is not a valid stack name" in document["error"]["message"]
    assert account.commands == []


@pytest.mark.parametrize("region", ["nowhere", "eu west 1", "EU-WEST-1", "eu-west-1 ", "eu-west-1/x", "http://x"])
def test_what_is_no_region_is_refused(simcrm: Simcrm, account: Account, region: str) -> None:
    document = simcrm("deploy", "--yes", "--json", "--stack-name", "mine", "--region", region).document

    assert (document["error"]["code"], account.commands) == ("BAD_PLACE", [])


def test_without_anybody_to_ask_nothing_is_done(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    document = simcrm("deploy", "--json", "--stack-name", "mine", "--region", REGION, "--records", "200").document

    assert (document["error"]["code"], account.commands) == ("NOT_CONFIRMED", [])
