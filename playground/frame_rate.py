"""Prints when the page draws its first picture, and how many a second while the network trains.

    python playground/frame_rate.py

Needs the built pages (`build.sh`) and what `requirements.txt` names. A page that is drawn without a screen
draws at most 60 a second; two seconds are counted after one to warm up, at each pace that can be chosen.
"""

import functools
import http.server
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent / "tests"))
from browser import launch  # noqa: E402

SITE = Path(__file__).resolve().parents[1] / "target" / "pages" / "site"
FIRST = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
COUNT = """
    (seconds) => new Promise((resolve) => {
        let pictures = 0, start;
        const next = (now) => {
            start ??= now;
            if (now - start >= 1000 * seconds) resolve(pictures / seconds);
            else { pictures++; requestAnimationFrame(next); }
        };
        requestAnimationFrame(next);
    })
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        page = launch(playwright).new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html#widths=16,16&samples=1000")
        page.wait_for_selector("body[data-state=still]")
        print(f"first picture after {page.evaluate(FIRST):.0f} ms")
        for pace in ("1", "4", "20", "100"):
            page.select_option("#pace", pace)
            steps = int(page.inner_text("#steps"))
            page.click("#play")
            page.evaluate(COUNT, 1)
            rate = page.evaluate(COUNT, 2)
            page.click("#play")
            made = int(page.inner_text("#steps")) - steps
            print(f"{pace:>3} steps a picture: {rate:.0f} pictures a second, {made} steps made")
    server.shutdown()


if __name__ == "__main__":
    main()
