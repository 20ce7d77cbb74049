"""What several tests of the console look at."""

import os

from axe_playwright_python.sync_playwright import Axe
from browser.conftest import ROOT
from playwright.sync_api import Locator, Page

PICTURES = "SIMCRM_PICTURES"
"""Set to take the README's pictures again."""

SERIOUS = {"serious", "critical"}


def problems(page: Page) -> list[tuple[str, list[str]]]:
    """What a person with a disability would stumble over: rule and elements."""
    found = Axe().run(page).response["violations"]
    return [(item["id"], [node["html"] for node in item["nodes"]]) for item in found if item["impact"] in SERIOUS]


def take_picture(page: Page, name: str, height: int = 900) -> None:
    """Keep what is seen as a picture of the documents, where somebody asks for it."""
    if os.environ.get(PICTURES):
        page.set_viewport_size({"width": 1280, "height": height})
        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)
        page.screenshot(path=str(ROOT / "docs" / "images" / f"console-{name}.png"))


def opened_by(link: Locator) -> Page:
    """The page that a link opens beside the console."""
    with link.page.context.expect_page() as opened:
        link.click()
    return opened.value
