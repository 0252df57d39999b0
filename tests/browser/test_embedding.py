"""The list embedded in a page of another origin."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
PAGE = """<!doctype html>
<html lang="en"><title>The university</title>
<iframe id="exchange-partners" title="Partners" width="100%" height="10" loading="lazy"
  style="border: 0" src="{list}"></iframe>
<script>
  addEventListener("message", (event) => {{
    const frame = document.getElementById("exchange-partners");
    if (event.source === frame.contentWindow && event.data.exchangePartners) {{
      frame.height = event.data.exchangePartners.height;
    }}
  }});
</script></html>"""


@pytest.fixture
def university_site(live_server):
    """Base URL of a site whose pages contain the documented snippet."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = PAGE.format(list=f"{live_server.url}{self.path}").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visitor(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def test_embedded_list_is_resized_filters_and_opens_a_university(visitor, university_site, register, settings):
    settings.EMBED_ALLOWED_ORIGINS = [university_site]
    visitor.goto(f"{university_site}/?embed=1&country=IT")
    frame = visitor.frame_locator("#exchange-partners")

    expect(frame.get_by_role("heading", level=2)).to_have_text("6 universities in 1 country")
    is_resized = "Number(document.getElementById('exchange-partners').height) > 300"
    visitor.wait_for_function(is_resized)

    frame.get_by_text("Filters (1)").click()
    frame.get_by_label("Erasmus+ (3)").check()
    expect(frame.get_by_role("heading", level=2)).to_have_text("3 universities in 1 country")

    frame.get_by_role("link", name="Politecnico di Milano").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Politecnico di Milano")


def test_embedded_list_has_the_colours_that_are_asked_for(visitor, live_server, register):
    backgrounds = {}
    for scheme in ("light", "dark"):
        visitor.emulate_media(color_scheme=scheme)
        for theme in ("", "&theme=dark", "&theme=auto"):
            visitor.goto(f"{live_server.url}/?embed=1&country=IT{theme}")
            backgrounds[scheme, theme] = visitor.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = "rgb(251, 250, 247)", "rgb(18, 24, 29)"
    assert backgrounds == {
        ("light", ""): light,
        ("light", "&theme=dark"): dark,
        ("light", "&theme=auto"): light,
        ("dark", ""): light,
        ("dark", "&theme=dark"): dark,
        ("dark", "&theme=auto"): dark,
    }


@pytest.mark.parametrize("path", ["/", "/universities/politecnico-di-milano/", "/admin/"])
def test_other_pages_cannot_be_framed(visitor, university_site, register, settings, path):
    settings.EMBED_ALLOWED_ORIGINS = [university_site]

    with visitor.expect_console_message(lambda message: "frame-ancestors 'none'" in message.text):
        visitor.goto(f"{university_site}{path}")
