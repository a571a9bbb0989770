"""The browser that the pages are played in: the system's Chromium, or else Playwright's own.

    python browser.py installed    ends with 0 where the system has one
    python browser.py starts       ends with 0 where it, or Playwright's, starts
"""

import shutil
import sys

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def installed() -> str | None:
    """Where the system's Chromium lies, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=installed())


if __name__ == "__main__":
    if sys.argv[1:] == ["installed"]:
        sys.exit(installed() is None)
    with sync_playwright() as playwright:
        launch(playwright).close()
