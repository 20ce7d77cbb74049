"""An embedded stack whose words the stand-in writes, and a browser that complains."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from simcrm_embedded.local_model import MODEL_SETTING, STAND_IN
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import Project, find_project
from simcrm_embedded.stack import down, up
from simcrm_embedded.state import StackState

ROOT = Path(__file__).parents[2]
STATE_SETTING = "SIMCRM_STATE_DIR"
PATIENCE_MS = 180_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def project() -> Project:
    """The project with a state folder of these tests' own, or with the one that SIMCRM_STATE_DIR names."""
    return find_project(ROOT, {STATE_SETTING: os.environ.get(STATE_SETTING) or str(ROOT / ".simcrm" / "browser")})


@pytest.fixture(scope="session")
def state(project: Project) -> Iterator[StackState]:
    """A running stack; ended again if it was started here."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    result = up(
        project, Interruption(), report=lambda _: None, env={**os.environ, MODEL_SETTING: STAND_IN}, replace=True
    )
    yield result.state
    if not result.already_running:
        down(project, Interruption())


@pytest.fixture(scope="session")
def browser(state: StackState) -> Iterator[Browser]:
    assert state.api_url
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def failing_model(state: StackState) -> Iterator[None]:
    """A model that refuses every call for good."""
    rule = {"status": 400, "times": None, "path": "/v1/messages"}
    faults = f"{state.model_url}/_local/faults"
    httpx2.post(faults, json=rule, headers=state.control_headers).raise_for_status()
    yield
    httpx2.request("DELETE", faults, headers=state.control_headers).raise_for_status()


@pytest.fixture
def refusals() -> list[int]:
    """Statuses of refusals that a test provokes: the browser says each on its console."""
    return []


@pytest.fixture
def open_console(browser: Browser, state: StackState, refusals: list[int]) -> Iterator[Open]:
    """Open the console; whatever the browser complains of or asks of another origin fails the test."""
    complaints: list[str] = []
    contexts = []

    def hear(message: ConsoleMessage) -> None:
        provoked = any(f"status of {status}" in message.text for status in refusals)
        if message.type in {"error", "warning"} and not provoked:
            complaints.append(message.text)

    def open_page(token: str | None = None, path: str = "", width: int = 1280, scheme: str = "light") -> Page:
        kind = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
        context = browser.new_context(base_url=state.api_url, **kind)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda request: _own(request.url, state.api_url, complaints))
        page.goto(f"{state.api_url}/console#/{path}")
        if token is not None:
            page.get_by_label("Token").fill(token)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _own(url: str, origin: str, complaints: list[str]) -> None:
    if not url.startswith((origin, "data:", "blob:")):
        complaints.append(f"a request to {url}")
