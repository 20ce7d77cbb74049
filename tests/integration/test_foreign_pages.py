"""What a web page of somebody else, and whoever knows no key, can do to a running stack: nothing.

Every port that any process of the stack listens at is asked, so a new server fails these tests until it has a guard.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from botocore.exceptions import ClientError
from integration.driving import PortalDriver, aws_client
from integration.foreign import SIMPLE, Probe, disguises, listening_ports, stack_processes
from redis import AuthenticationError, Redis

from local_server.origin_guard import view_key
from simcrm_embedded.state import StackState

FUNCTION = "of-a-foreign-page"
API = "/2015-03-31/functions"


def function() -> bytes:
    """What creates a function that runs a program as the user."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("m.py", "import os\ndef h(event, context):\n    return os.popen('id').read()\n")
    code = {"ZipFile": base64.b64encode(packed.getvalue()).decode()}
    role = "arn:aws:iam::000000000000:role/any"
    made = {"FunctionName": FUNCTION, "Runtime": "python3.13", "Handler": "m.h", "Role": role, "Code": code}
    return json.dumps(made).encode()


def attacks(state: StackState) -> Iterator[tuple[str, str, bytes, dict[str, str]]]:
    """Method, path, body and headers of all that would harm if one server or another carried it out."""
    secret = json.dumps({"SecretId": state.outputs["SecretArn"]}).encode()
    yield "POST", API, function(), {}
    yield "POST", f"{API}/{FUNCTION}/invocations", b"{}", {}
    yield "POST", "/", secret, {"X-Amz-Target": "secretsmanager.GetSecretValue"}
    yield "POST", "/", b"Action=ListQueues&Version=2012-11-05", {}
    yield "GET", f"/{state.outputs['BucketName']}?list-type=2&max-keys=2", b"", {}
    yield "POST", "/_ministack/reset", b"", {}
    yield "POST", "/_ministack/config", b"{}", {}
    yield "POST", "/_local/reset", b"{}", {}
    yield "POST", "/_local/faults", b'{"status": 500}', {}
    yield "GET", "/_local/stats", b"", {}
    yield "GET", "/_local/ui/portal", b"", {}
    yield "POST", "/crm/v3/objects/contacts", b'{"properties": {"email": "evil@evil.example"}}', {}
    yield "POST", "/v1/messages", b"{}", {}
    yield "POST", f"{urlsplit(state.api_url).path}/api/simulations", b'{"totalRecords": 1}', {}
    yield (
        "OPTIONS",
        "/",
        b"",
        {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"},
    )


def keys(state: StackState) -> list[str]:
    """Everything that opens something."""
    opening = [state.operator_token, state.boss_token, state.hubspot_token, state.aws_token, state.control_secret]
    return [*opening, state.model_key or state.boss_token, view_key(state.control_secret)]


@pytest.fixture
def ports(state: StackState) -> dict[int, str]:
    found = listening_ports(state)
    urls = (state.endpoint, state.redis_url, state.hubspot_url)
    assert {urlsplit(url).port for url in urls} <= found.keys()
    return found


def test_all_that_listens_does_so_on_this_machine_alone(ports: dict[int, str]) -> None:
    assert set(ports.values()) == {"127.0.0.1"}


def test_a_foreign_page_is_refused_at_every_port(state: StackState, ports: dict[int, str]) -> None:
    portal = PortalDriver(state)
    portal.create("companies", {"name": "Of the user"})
    before = len(portal.all_records("companies"))
    let_in = []

    for port, host in ports.items():
        for disguise in disguises(port):
            for method, path, body, extra in attacks(state):
                for kind in SIMPLE if body else SIMPLE[:1]:
                    headers = (*disguise, ("Content-Type", kind), *extra.items())
                    answer = Probe(method, path, headers, body).sent_to(host, port)
                    if not _is_refusal(answer, state):
                        let_in.append((port, method, path, disguise, answer[:200]))

    assert let_in == []
    assert len(portal.all_records("companies")) == before
    with pytest.raises(ClientError, match="ResourceNotFound"):
        aws_client(state, "lambda").get_function(FunctionName=FUNCTION)


def _is_refusal(answer: bytes, state: StackState) -> bool:
    """HTTP's 403 without a key or a header of CORS; Redis hangs up, or carries out no line."""
    if any(key.encode() in answer for key in keys(state)):
        return False
    is_private = answer.startswith(b"HTTP/1.1 403 ") and b"access-control-" not in answer.lower()
    return is_private or _is_of_redis(answer)


def _is_of_redis(answer: bytes) -> bool:
    return all(line.startswith((b"-NOAUTH ", b"-ERR ")) for line in answer.splitlines())


def test_a_program_that_knows_no_key_gets_none(state: StackState, ports: dict[int, str]) -> None:
    told = []
    for port, host in ports.items():
        for method, path, body, extra in attacks(state):
            headers = (("Content-Type", "application/json"), *extra.items())
            answer = Probe(method, path, headers, body).sent_to(host, port)
            is_refusal = answer[9:12] in {b"401", b"403", b"404", b"405"} or _is_of_redis(answer)
            if any(key.encode() in answer for key in keys(state)) or not is_refusal:
                told.append((port, method, path, answer[:200]))

    assert told == []


def test_redis_answers_nobody_without_its_password(state: StackState) -> None:
    place = urlsplit(state.redis_url)

    with Redis(host=str(place.hostname), port=place.port or 0) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


def test_what_the_machine_can_list_of_the_stacks_processes_names_no_key(state: StackState) -> None:
    password = urlsplit(state.redis_url).password or ""
    commands = [" ".join(process.cmdline()) for process in stack_processes(state)]

    assert len(commands) >= len(state.processes)
    assert [key for key in (*keys(state), password) for command in commands if key in command] == []


def test_those_who_know_the_keys_get_in(state: StackState) -> None:
    answers: list[Any] = [
        httpx2.get(f"{state.hubspot_url}/_local/stats", headers=state.control_headers, trust_env=False),
        httpx2.get(state.hubspot_url, trust_env=False),
        httpx2.get(f"{state.api_url}/console", trust_env=False, timeout=60),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert aws_client(state, "s3").list_buckets()["Buckets"]
