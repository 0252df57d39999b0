"""The list in a page of another origin."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("reference_data"),
]
PAGE = """<!doctype html>
<html lang="en"><title>The university</title>
<iframe id="exchange-partners" title="Partners" width="100%" height="10" src="{list}"></iframe>
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
    """A site of another origin, whose page has the documented snippet in it."""

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


def test_list_is_shown_at_its_height_filters_and_opens_a_university(visitor, university_site, register, settings):
    settings.EMBED_ALLOWED_ORIGINS = [university_site]
    visitor.goto(f"{university_site}/?embed=1&country=IT&columns=type")
    inside = visitor.frame_locator("#exchange-partners")

    expect(inside.get_by_role("heading", level=2)).to_have_text("6 universities in 1 country")
    higher = "Number(document.getElementById('exchange-partners').height) > 300"
    visitor.wait_for_function(higher)

    inside.get_by_label("Erasmus+").check()
    inside.get_by_role("button", name="Apply").click()
    expect(inside.get_by_role("heading", level=2)).to_have_text("3 universities in 1 country")

    inside.get_by_role("link", name="Politecnico di Milano").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Politecnico di Milano")


@pytest.mark.parametrize("path", ["/", "/universities/politecnico-di-milano/", "/admin/"])
def test_no_other_page_is_shown(visitor, university_site, register, settings, path):
    settings.EMBED_ALLOWED_ORIGINS = [university_site]

    with visitor.expect_console_message(lambda message: "frame-ancestors 'none'" in message.text):
        visitor.goto(f"{university_site}{path}")
