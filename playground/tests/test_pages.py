"""The pages for everybody: narrow and wide, light and dark, without a mouse, and small."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import SITE, until

PAGES = ("index.html", "doctor.html", "learn.html", "evidence.html")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", (360, 1440))
@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_no_page_has_a_barrier_or_is_wider_than_its_window(opened, path, width, scheme):
    page = opened(path, width=width, scheme=scheme)
    page.wait_for_load_state("networkidle")
    if path == "index.html":
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
