"""The pages for everybody: narrow and wide, light and dark, without a mouse, and small."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import SITE, until

DIGITS = "index.html#shape=digits&samples=200&do=t100"
PAGES = ("index.html", DIGITS, "doctor.html", "learn.html", "evidence.html")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", (360, 1440))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_no_page_has_a_barrier_or_is_wider_than_its_window(opened, path, width, scheme):
    page = opened(path, width=width, scheme=scheme)
    page.wait_for_load_state("networkidle")
    if path.startswith("index.html"):
        until(page, "document.body.dataset.state === 'still'")
    if path == "doctor.html":
        page.click("#example")
        page.wait_for_selector("#result:not([hidden])")
    found = Axe().run(page)
    serious = [
        f"{fault['id']}: {[node['html'][:120] for node in fault['nodes']]}"
        for fault in found.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_the_page_that_explains_claims_is_linked_to_the_evidence(opened):
    page = opened("learn.html")
    links = page.evaluate("[...document.links].map((link) => link.getAttribute('href'))")
    anchors = [link.split("#")[1] for link in links if link.startswith("evidence.html")]
    assert len(set(anchors)) >= 3
    evidence = opened("evidence.html")
    for anchor in anchors:
        assert evidence.locator(f"#{anchor}").count() == 1, anchor
    shown = evidence.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert shown and all(width > 0 for width in shown)


def test_all_that_a_browser_loads_is_under_three_megabytes_compressed():
    files = [path for path in SITE.rglob("*") if path.is_file()]
    assert any(path.suffix == ".wasm" for path in files)
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 3e6


def test_the_page_is_drawn_before_the_engine_is_there(opened):
    page = opened("index.html")
    until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    until(page, "document.body.dataset.state === 'still'")
    # What the worker loads is not among the page's own resources; the first answer is after it.
    first = page.evaluate("performance.getEntriesByName('first-answer')[0].startTime")
    assert painted < first


def test_a_browser_without_vector_instructions_gets_a_sentence(browser, address):
    page = browser.new_page()
    page.add_init_script("WebAssembly.validate = () => false")
    for path in ("index.html", "doctor.html"):
        page.goto(f"{address}/{path}")
        page.wait_for_selector("#problem:not([hidden])")
        assert "vector instructions" in page.inner_text("#problem")
    page.close()


# Marks what has the focus, and says whether one sees that it has.
FOCUSED = """
    (() => {
        const element = document.activeElement;
        if (element === document.body) return undefined;
        element.dataset.reached = "";
        return getComputedStyle(element).outlineStyle !== "none";
    })()
"""
# What a mouse can use and the keyboard did not come to.
MISSED = """
    [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter((element) => element.checkVisibility() && !element.disabled)
        .filter((element) => !("reached" in element.dataset))
        .map((element) => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_comes_to_all_that_a_mouse_can_use_and_one_sees_where_it_is(opened, path):
    page = opened(path)
    if path.startswith("index.html"):
        until(page, "document.body.dataset.state === 'still'")
    for _ in range(300):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUSED)
        if seen is None:
            break
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
    assert page.evaluate(MISSED) == []


def test_a_unit_is_killed_and_brought_back_with_the_keyboard_alone(opened):
    page = opened("index.html#seed=1")
    until(page, "document.body.dataset.state === 'still'")

    def press(button, key):
        for _ in range(100):
            if page.evaluate("document.activeElement.id") == button:
                break
            page.keyboard.press("Tab")
        page.keyboard.press(key)

    press("kill", "Enter")
    until(page, "document.getElementById('told').textContent.includes('units died')")
    press("revive", "Space")
    until(page, "document.getElementById('told').textContent.includes('fresh weights')")
    press("rectifier", "ArrowDown")
    until(page, "location.hash.includes('fleaky-relu')")
