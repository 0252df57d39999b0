import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.helpers.browser import record_page_loads, sign_in

# The headless shell comes first: without a browser's windows and menus it opens a page in a third of the time.
PROGRAMS = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
CHROMIUM = next(filter(None, map(shutil.which, PROGRAMS)), None)
REPLACED_REQUEST = ("htmx:sendAbort", "htmx:afterRequest")
FONTS = os.environ | {"FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
LAUNCH_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not os.environ.get("REQUIRE_BROWSER"):
        pytest.skip("no Chromium on this machine; Debian's package is called chromium-headless-shell")
    # Playwright runs an event loop in this thread, in which Django otherwise refuses synchronous database access.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=LAUNCH_ARGUMENTS, env=FONTS)
        yield browser
        browser.close()


def is_problem(message):
    """Return True for errors on the console, but for what htmx logs if a newer choice replaces a request."""
    return message.type == "error" and not message.text.startswith(REPLACED_REQUEST)


@pytest.fixture
def page(chromium, live_server):
    """Yield a page 1280 pixels wide; fail on console errors, CSP violations and requests to other origins."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    problems = []

    def record_external_request(request):
        if not request.url.startswith(live_server.url):
            problems.append(request.url)

    page.on("console", lambda message: problems.append(message.text) if is_problem(message) else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", record_external_request)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def coordinator_page(page, coordinator):
    return sign_in(page, coordinator)


@pytest.fixture
def page_loads(coordinator_page):
    """The URLs of the pages that are loaded from now on."""
    return record_page_loads(coordinator_page)


@pytest.fixture
def page_without_csp(chromium, live_server, coordinator):
    """Yield a signed-in page without Content-Security-Policy, because axe adds inline styles."""
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    yield sign_in(context.new_page(), coordinator)
    context.close()
