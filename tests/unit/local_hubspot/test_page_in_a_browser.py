"""The page as a person uses it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

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
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def portal() -> Iterator[httpx2.Client]:
    """A running server with 30 companies, one of them with a contact and a note."""
    command = [sys.executable, "-m", "local_hubspot", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx2.Client(base_url=url, headers={"Authorization": "Bearer x"}) as client:
            fill(client)
            yield client
        process.terminate()


def fill(client: httpx2.Client) -> None:
    def create(kind: str, links: dict[str, int], **properties: str) -> str:
        category = "HUBSPOT_DEFINED"
        associations = [
            {"to": {"id": to_id}, "types": [{"associationCategory": category, "associationTypeId": type_id}]}
            for to_id, type_id in links.items()
        ]
        answer = client.post(f"/crm/v3/objects/{kind}", json={"properties": properties, "associations": associations})
        return str(answer.raise_for_status().json()["id"])

    for number in range(29):
        create("companies", {}, name=f"Company {number:02d}", city="Oslo")
    acme = create("companies", {}, name="Acme Pumps", city="Rome")
    ada = create("contacts", {acme: 1}, firstname="Ada", lastname="Lovelace", email="ada@acme.example")
    body = "<p>Wants <b>three</b> pumps.</p><script>document.title='broken'</script>"
    create("notes", {ada: 202, acme: 190}, hs_timestamp="2026-01-05T10:00:00Z", hs_note_body=body)


@pytest.fixture
def page(portal: httpx2.Client, tmp_path: Path) -> Iterator[Page]:
    """The page in a browser; a message on its console or a request to another host fails the test."""
    complaints: list[str] = []
    url = str(portal.base_url)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=CHROMIUM, args=FLAGS, base_url=url
        )
        page = context.pages[0]
        page.on("console", hear)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("request", lambda request: None if request.url.startswith((url, "data:")) else complaints.append(url))
        yield page
        context.close()
    assert complaints == []


def test_a_table_is_searched_and_paged(page: Page) -> None:
    page.goto("/#/companies")
    expect(page.locator("tbody tr")).to_have_count(25)
    expect(page.locator(".total")).to_have_text("30 records")

    page.get_by_role("button", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(5)

    page.get_by_role("searchbox").fill("rome")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("Acme Pumps")


def test_a_column_head_sorts_both_ways(page: Page) -> None:
    page.goto("/#/companies")

    page.get_by_role("button", name="Name").click()
    expect(page.locator("tbody tr").first).to_contain_text("Acme Pumps")
    page.get_by_role("button", name="Name").click()
    expect(page.locator("tbody tr").first).to_contain_text("Company 28")


def test_a_record_leads_to_its_company_and_shows_notes_as_text(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Ada Lovelace").click()

    expect(page.get_by_role("heading", name="Ada Lovelace")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Wants three pumps.")
    expect(page).to_have_title("Ada Lovelace · Local HubSpot")
    page.get_by_role("link", name="Acme Pumps").click()
    expect(page.get_by_role("heading", name="Acme Pumps")).to_be_visible()
    expect(page.locator(".linked")).to_contain_text("Ada Lovelace")


def test_new_records_appear_by_themselves(page: Page, portal: httpx2.Client) -> None:
    page.goto("/#/deals")
    expect(page.locator(".empty")).to_contain_text("No deals yet")

    portal.post("/crm/v3/objects/deals", json={"properties": {"dealname": "Pumps", "dealstage": "closedwon"}})

    expect(page.locator("tbody")).to_contain_text("Closed Won", timeout=8000)
