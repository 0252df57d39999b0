"""Steps in a browser that several tests begin with."""

from django.test import Client


def sign_in(page, user):
    """Give the browser of the page a session of the user, without loading a page."""
    client = Client()
    client.force_login(user)
    cookies = [{"name": name, "value": cookie.value} for name, cookie in client.cookies.items()]
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"} for cookie in cookies])
    return page


def record_page_loads(page):
    """Return a list that gets the URL of each page from now on, before it can be seen."""
    urls = []
    page.on("framenavigated", lambda frame: urls.append(frame.url) if frame == page.main_frame else None)
    return urls
