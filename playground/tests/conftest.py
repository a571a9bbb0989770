"""The built pages behind a server, in a browser that may ask nobody else."""

import functools
import http.server
import subprocess
import threading
import time
from pathlib import Path

import pytest
from browser import launch
from playwright.sync_api import sync_playwright

WORKSPACE = Path(__file__).resolve().parents[2]
SITE = WORKSPACE / "target" / "pages" / "site"
EXAMPLE = WORKSPACE / "crates" / "leaky" / "example"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def until(page, expression, seconds=60):
    """Waits until an expression of the page holds. (Playwright's own waiting evaluates texts in the page,
    which its policy forbids.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"after {seconds} seconds still not: {expression}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def address():
    handler = functools.partial(Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, address):
    """Opens a page of the site; at the end no script may have failed and nobody else been asked."""
    contexts, wrong = [], []

    def open_(path, width=1440, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(f"{path}: {error}"))
        page.on(
            "console", lambda said: wrong.append(f"{path}: {said.text}") if said.type == "error" else None
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, f"blob:{address}", "data:", "about:"))
                else wrong.append(f"{path} asks {request.url}")
            ),
        )
        page.goto(f"{address}/{path}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def leaky():
    """Runs the command in the folder of the bundled example."""
    command = WORKSPACE / "target" / "release" / "leaky"

    def run(*arguments):
        return subprocess.run(
            [command, *map(str, arguments)], cwd=EXAMPLE, capture_output=True, text=True, timeout=120
        )

    return run
