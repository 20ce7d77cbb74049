"""A real browser that shows a page of another origin while a stack is up: what its scripts and forms reach."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from integration.driving import aws_client
from playwright.sync_api import Browser, Page, expect

from simcrm_embedded.local_portal import page_url
from simcrm_embedded.state import StackState

JsonObject = dict[str, Any]
FETCH = """async ([mode, method, url]) => {
    const body = method === "GET" ? undefined : "{}";
    try {
        const answer = await fetch(url, { mode, method, body, credentials: "include" });
        return [answer.type, answer.status, await answer.text()];
    } catch (error) {
        return ["failed", 0, ""];
    }
}"""
FORM = """([action, enctype]) => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "target" });
    frame.onload = () => done();
    const form = Object.assign(document.createElement("form"), { action, enctype, method: "post", target: "target" });
    const input = { name: '{"FunctionName": "of-a-form", "x": "', value: '"}' };
    form.append(Object.assign(document.createElement("input"), input));
    document.body.replaceChildren(frame, form);
    form.submit();
})"""


@pytest.fixture
def empty_site() -> Iterator[int]:
    """A site of somebody else on another port, with one page without a word."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><link rel=icon href=data:,><body></body>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(params=["127.0.0.1", "localhost"])
def foreign_page(request: pytest.FixtureRequest, empty_site: int, browser: Browser) -> Iterator[Page]:
    """That page in a browser, by the same name as the stack's servers and by another one."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{request.param}:{empty_site}/")
    yield page
    context.close()


def targets(state: StackState) -> list[tuple[str, str]]:
    """What a page would ask for, at each name of this machine."""
    functions, bucket = f"{state.endpoint}/2015-03-31/functions", f"{state.endpoint}/{state.outputs['BucketName']}"
    wanted = [
        ("POST", functions),
        ("GET", functions),
        ("GET", bucket),
        ("GET", f"{state.endpoint}/_ministack/health"),
        ("POST", f"{state.endpoint}/_ministack/reset"),
        ("POST", f"{state.api_url}/api/simulations"),
        ("GET", f"{state.api_url}/api/health"),
        ("POST", f"{state.hubspot_url}/_local/reset"),
        ("POST", f"{state.hubspot_url}/_local/faults"),
        ("GET", f"{state.hubspot_url}/_local/ui/portal"),
        ("GET", f"{state.hubspot_url}/crm/v3/objects/contacts"),
        ("POST", f"{state.model_url}/_local/reset"),
        ("GET", f"{state.model_url}/_local/calls"),
        ("GET", f"http://127.0.0.1:{urlsplit(state.redis_url).port}/"),
    ]
    return [(method, url.replace("127.0.0.1", name)) for name in ("127.0.0.1", "localhost") for method, url in wanted]


def holdings(state: StackState) -> JsonObject:
    """What an attack would change: records, faults, calls of the model, functions."""
    with httpx2.Client(headers=state.control_headers, trust_env=False, timeout=60) as http:
        portal = http.get(f"{state.hubspot_url}/_local/stats").json()
        found = {name: http.get(f"{url}/_local/faults").json() for name, url in _servers(state)}
        calls = http.get(f"{state.model_url}/_local/calls").json()
    functions = [item["FunctionName"] for item in aws_client(state, "lambda").list_functions()["Functions"]]
    executions = aws_client(state, "stepfunctions").list_executions(stateMachineArn=state.outputs["StateMachineArn"])
    return {
        "objects": portal["objects"],
        "calls": calls,
        "faults": found,
        "functions": sorted(functions),
        "executions": len(executions["executions"]),
    }


def _servers(state: StackState) -> list[tuple[str, str]]:
    return [("portal", state.hubspot_url), ("model", state.model_url)]


@contextmanager
def unchanged(state: StackState) -> Iterator[None]:
    """Nothing of the stack is changed by what happens meanwhile, and nothing was empty that could be emptied."""
    with httpx2.Client(headers=state.control_headers, trust_env=False, timeout=60) as http:
        headers = {"Authorization": f"Bearer {state.hubspot_token}"}
        contact = {"properties": {"email": "mine@user.example"}}
        http.post(f"{state.hubspot_url}/crm/v3/objects/contacts", json=contact, headers=headers)
    before = holdings(state)
    assert before["objects"]["contacts"] > 0
    yield
    assert holdings(state) == before


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_no_script_of_another_origin_changes_or_reads_anything(
    foreign_page: Page, state: StackState, mode: str
) -> None:
    with unchanged(state):
        answers = {url: foreign_page.evaluate(FETCH, [mode, method, url]) for method, url in targets(state)}

    readable = {url: answer for url, answer in answers.items() if answer[0] not in {"failed", "opaque"} or answer[2]}
    assert readable == {}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_no_form_of_another_origin_changes_anything(foreign_page: Page, state: StackState, kind: str) -> None:
    with unchanged(state):
        for method, url in targets(state):
            if method == "POST":
                foreign_page.evaluate(FORM, [url, kind])


def test_the_portals_page_opens_with_its_whole_address_and_from_a_link_on_another_site(
    foreign_page: Page, state: StackState
) -> None:
    context = foreign_page.context
    with unchanged(state):
        locked = context.new_page()
        locked.goto(f"{state.hubspot_url}/#/contacts")
        expect(locked.get_by_text("Open this page with the complete address")).to_be_visible()

        locked.goto("about:blank")
        locked.goto(page_url(state.hubspot_url, state.control_secret))
        expect(locked.locator(".total")).to_contain_text("record")
        assert "key" not in locked.url

        foreign_page.evaluate(
            "url => document.body.append(Object.assign(document.createElement('a'), {href: url, textContent: 'go'}))",
            f"{state.hubspot_url}/#/companies",
        )
        foreign_page.get_by_text("go").click()
        expect(foreign_page.locator(".total")).to_contain_text("record")


def test_a_script_that_guesses_what_keeps_the_key_finds_nothing(foreign_page: Page, state: StackState) -> None:
    opened = foreign_page.context.new_page()
    opened.goto(page_url(state.hubspot_url, state.control_secret))
    expect(opened.locator(".total")).to_contain_text("record")

    kept = foreign_page.evaluate("[document.cookie, JSON.stringify({...localStorage, ...sessionStorage})]")

    assert kept == ["", "{}"]
    assert json.dumps(opened.evaluate("localStorage.getItem('key')")) != "null"
