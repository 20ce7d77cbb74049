"""The server as a process: how it says where it listens, how it ends, how it closes a connection."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from unit.local_hubspot.conftest import HubSpot

CONTACTS = "/crm/v3/objects/contacts"


@contextmanager
def start_server(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    command = [sys.executable, "-m", "local_hubspot", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        with httpx2.Client(base_url=url, headers={"Authorization": "Bearer pat-one"}) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def test_it_says_one_line_serves_and_ends_cleanly_on_sigterm() -> None:
    with start_server() as (process, client):
        assert client.get("/_local/health").json() == {"ok": True}

        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=60)

        assert (process.returncode, rest, errors) == (0, "", "")


def test_the_command_line_sets_tokens_plan_and_account_type() -> None:
    arguments = ["--token", "pat-one=crm.objects.contacts.read,oauth", "--plan", "free", "--account-type", "STANDARD"]
    with start_server(*arguments) as (_, client):
        read = client.get(CONTACTS)
        assert (read.status_code, read.headers["x-hubspot-ratelimit-max"]) == (200, "100")
        assert client.post(CONTACTS, json={"properties": {"firstname": "A"}}).status_code == 403
        assert client.get(CONTACTS, headers={"Authorization": "Bearer other"}).status_code == 401
        assert client.get("/account-info/v3/details").json()["accountType"] == "STANDARD"


def test_an_unknown_account_type_ends_it_with_a_word_why() -> None:
    command = [sys.executable, "-m", "local_hubspot", "--account-type", "PRODUCTION"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 2
    assert "--account-type" in ended.stderr


def test_a_dropped_connection_breaks_off_without_an_answer_and_the_next_call_works() -> None:
    with start_server() as (_, client):
        client.post("/_local/faults", json={"kind": "drop", "afterWrite": True})

        with pytest.raises(httpx2.TransportError):
            client.post(CONTACTS, json={"properties": {"firstname": "A"}})

        assert len(client.get(CONTACTS).json()["results"]) == 1


def test_a_write_takes_no_longer_in_a_full_portal(hubspot: HubSpot) -> None:
    hubspot.define("contacts", "key", hasUniqueValue=True)

    def seconds(batch: int) -> float:
        names = [f"{batch}-{number}" for number in range(100)]
        inputs = [{"properties": {"email": f"c{name}@one.example", "key": name}} for name in names]
        start = time.process_time()
        hubspot.post(f"{CONTACTS}/batch/create", {"inputs": inputs}, 201)
        return time.process_time() - start

    taken = [seconds(batch) for batch in range(200)]

    assert hubspot.count("contacts") == 20_000
    assert min(taken[-20:]) < 3 * min(taken[:20])
