"""Steps in a browser that several tests begin with."""


def sign_in(page, coordinator):
    coordinator.set_password("a password for the test")
    coordinator.save()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(coordinator.username)
    page.get_by_label("Password").fill("a password for the test")
    page.get_by_role("button", name="Log in").click()
    return page
