import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from tests.helpers.html import attributes, elements, errors, text

PAGE = "/admin/password_change/"


@pytest.fixture
def account(client, coordinator):
    coordinator.set_password("the one before")
    coordinator.save()
    client.force_login(coordinator)
    return coordinator


def change(client, new, old="the one before"):
    return client.post(PAGE, {"old_password": old, "new_password1": new, "new_password2": new})


def validation_error(password, **fields):
    with pytest.raises(ValidationError) as caught:
        validate_password(password, User(**fields))
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("eleven char", "This password is too short. It must contain at least 12 characters."),
        ("justinbieber", "This password is too common."),
        ("!!Football2026!!", "This password is too common."),
        ("Erasmus2026!", "Besides “erasmus”, which is guessed easily here, it needs at least 8 characters."),
        ("exchange-partners", "Besides “exchange, partner”, which is guessed easily here"),
    ],
)
def test_guessable_password_is_refused(password, message):
    assert message in validation_error(password)


def test_words_of_office_name_are_guessable(settings):
    settings.OFFICE_NAME = "Akademisches Auslandsamt"

    assert "Besides “auslandsamt”" in validation_error("auslandsamt1234")


def test_password_similar_to_email_is_refused():
    assert "too similar to the email address" in validation_error(
        "annabelle.meyer1", email="annabelle.meyer@example.edu"
    )


@pytest.mark.parametrize(
    "password",
    [
        "only small letters",
        "736201948573",
        "ÄÖÜäöüß€ΩЖ漢字",
        "an exchange of blue whales",
        " spaces around it ",
        "x!" * 64,
    ],
)
def test_password_may_have_any_characters_and_be_long(client, account, password):
    change(client, password)

    assert client.login(request=client.get(PAGE).wsgi_request, username="coordinator", password=password)


def test_password_comparison_is_exact(client, account):
    change(client, "Correct horse battery ")

    request = client.get(PAGE).wsgi_request
    for other in ("correct horse battery ", "Correct horse battery"):
        assert not client.login(request=request, username="coordinator", password=other)


def test_change_requires_current_password(client, account):
    page = change(client, "a new and long one", old="not the one before")

    assert errors(page)["old_password"].startswith("Your old password was entered incorrectly.")


def test_change_ends_other_sessions(client, account):
    other_client = type(client)()
    other_client.force_login(account)

    change(client, "a new and long one")

    assert "Recent changes" in text(client.get("/admin/"))
    assert other_client.get("/admin/").url.startswith("/admin/login/")


def test_common_password_list_is_complete():
    assert len(CommonPasswordValidator().passwords) > 19_000


def test_password_fields_are_hidden_and_have_autocomplete(client, account):
    page = client.get(PAGE)

    assert attributes(page, "input[type=password]", "autocomplete") == [
        "current-password",
        "new-password",
        "new-password",
    ]


def test_closed_account_loses_access_immediately(client, account):
    status_before = client.get("/admin/").status_code
    account.is_active = False
    account.save()

    assert (status_before, client.get("/admin/").url) == (200, "/admin/login/?next=/admin/")


def test_every_page_has_logout_form(client, account):
    for url in ("/admin/", PAGE, "/admin/mfa/", "/admin/partners/university/", "/admin/changes/"):
        [form] = elements(client.get(url), "form#logout-form")
        assert (form.method, form.action) == ("POST", "/admin/logout/")
