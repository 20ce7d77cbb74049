"""Take the picture of the local portal for the README: ``python scripts/screenshot.py URL FILE``."""

import sys

from playwright.sync_api import ViewportSize, sync_playwright

VIEWPORT = ViewportSize(width=1360, height=760)


def main(url: str, file: str) -> None:
    """Open the page, wait for its records, save what is seen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=VIEWPORT, device_scale_factor=1.5)
        page.goto(url)
        page.wait_for_selector("tbody tr")
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
