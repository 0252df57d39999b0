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
    """Return a list to which each page is added that is loaded from now on, by its URL. A redirect is none."""
    page.wait_for_load_state()
    loads = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    return loads
