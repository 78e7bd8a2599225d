"""The built site in a real browser: every page, at two widths, in both colour schemes."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from programs import program

pytestmark = pytest.mark.product

DOCS = Path(__file__).parents[2] / "docs"
WIDTHS = {"phone": 390, "desktop": 1440}
SCHEMES = ("light", "dark")
RULES = {"resultTypes": ["violations"]}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def needed(name: str):
    """Return a module, or skip; in CI everything is there."""
    if os.environ.get("CI") == "true":
        return __import__(name, fromlist=["_"])
    return pytest.importorskip(name)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the pages and serve them; return the address and the paths of all pages."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "-d", folder / "trees", DOCS, folder / "html"],
        check=True,
    )
    pages = sorted(str(p.relative_to(folder / "html")) for p in folder.glob("html/**/*.html"))
    handler = functools.partial(Quiet, directory=str(folder / "html"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", pages
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser():
    chromium = program("chromium")
    play = needed("playwright.sync_api").sync_playwright().start()
    browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    yield browser
    browser.close()
    play.stop()


@pytest.fixture(params=[(w, s) for w in WIDTHS for s in SCHEMES], ids="-".join)
def page(request, browser, site):
    """Give an empty tab that reaches nothing but the site."""
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": 900},
        color_scheme=scheme,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    assert [] == [url for url in page.asked if not url.startswith((site[0], "data:"))]
    context.close()


def test_every_page_fits_and_can_be_read_by_everyone(page, site) -> None:
    """Nothing scrolls sideways, and axe-core finds nothing serious."""
    axe = needed("axe_playwright_python.sync_playwright").Axe()
    url, pages = site
    found = set()
    for path in pages:
        page.goto(f"{url}/{path}")
        if over := page.evaluate(OVERFLOW):
            found.add((path, f"{over} pixels too wide"))
        for one in axe.run(page, options=RULES).response["violations"]:
            if one["impact"] in {"serious", "critical"}:
                found.add((path, f"{one['id']}: {one['nodes'][0]['target']}"))
    assert [] == sorted(found)


def test_code_is_copied_without_its_prompt(page, site) -> None:
    page.goto(f"{site[0]}/howto/operate/find-leaks.html")
    block = page.locator("div.highlight-console").first
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[0] == "binance-creds scan"
    assert "$" not in copied


def test_search_finds_a_word(page, site) -> None:
    page.goto(f"{site[0]}/search.html?q=kubernetes")
    page.locator("ul.search li").first.wait_for()
    links = page.locator("ul.search li a").evaluate_all("all => all.map(a => a.href)")
    assert any("howto/deploy/kubernetes" in link for link in links)
