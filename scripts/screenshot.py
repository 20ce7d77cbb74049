"""Take the picture of a record in the local portal for the README: ``python scripts/screenshot.py URL FILE``."""

import sys

from playwright.sync_api import ViewportSize, sync_playwright

VIEWPORT = ViewportSize(width=1280, height=640)


def main(url: str, file: str) -> None:
    """Open a record's page, wait for what happened to it, save what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=VIEWPORT)
        page.goto(url)
        page.wait_for_selector(".timeline li")
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
