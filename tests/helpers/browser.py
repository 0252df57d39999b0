"""Steps in a browser that several tests begin with."""


def sign_in(page, coordinator):
    coordinator.set_password("a password for the test")
    coordinator.save()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(coordinator.username)
    page.get_by_label("Password").fill("a password for the test")
    page.get_by_role("button", name="Log in").click()
    return page


def record_page_loads(page):
    """Return a list that gets the URL of each page from now on, before it can be seen."""
    urls = []
    page.on("framenavigated", lambda frame: urls.append(frame.url) if frame == page.main_frame else None)
    return urls
