import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM and not os.environ.get("REQUIRE_BROWSER"):
        pytest.skip("no Chromium on this machine; Debian's package is called chromium")
    # Playwright runs an event loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, live_server):
    """A page at 1280 pixels in which neither a script error, a policy violation nor a foreign request goes unseen."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints = []

    def note_foreign(request):
        if not request.url.startswith(live_server.url):
            complaints.append(request.url)

    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", note_foreign)
    yield page
    context.close()
    assert complaints == []


def sign_in(page, coordinator):
    coordinator.set_password("a password for the test")
    coordinator.save()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(coordinator.username)
    page.get_by_label("Password").fill("a password for the test")
    page.get_by_role("button", name="Log in").click()
    return page


@pytest.fixture
def office_page(page, coordinator):
    return sign_in(page, coordinator)


@pytest.fixture
def inspected_page(chromium, live_server, coordinator):
    """The office as axe looks at it, which tries styles of its own on a page and so needs its policy lifted."""
    context = chromium.new_context(base_url=live_server.url, bypass_csp=True)
    yield sign_in(context.new_page(), coordinator)
    context.close()
