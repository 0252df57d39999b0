from email import message_from_bytes, policy
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache

from partners.enums import AgreementStatus
from partners.models import Country
from partners.name_normalization import normalize_name
from tests.helpers.factories import AgreementFactory, UniversityFactory
from tests.helpers.html import attributes, element_texts, elements, text

REPORT, SENT = "/universities/marburg/report/", "/universities/marburg/report/sent/"
REJECTED = "This could not be sent from here. Please wait a moment, and send it again."
RATE_LIMITED = "There have been many reports in the last hour. Please try again later."


@pytest.fixture(autouse=True)
def marburg(db, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    return AgreementFactory(university__name="Marburg").university


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        yield clock


def opened(page):
    """Return the timestamp in the form."""
    [value] = attributes(page, "input[name=opened]", "value")
    return value


def submit(client, clock, seconds=60, client_ip="203.0.113.9", **values):
    """Open the form and submit it after some seconds."""
    data = {"message": "The city is wrong.", "email": "", "nickname": "", "opened": opened(client.get(REPORT))} | values
    clock.shift(seconds)
    return client.post(REPORT, data, REMOTE_ADDR=client_ip)


def test_university_page_links_to_the_form(client):
    page = client.get("/universities/marburg/")

    [link] = elements(page, f'a[href="{REPORT}"]')
    assert (text(link), link.get("rel")) == ("Report an error", "nofollow")
    assert element_texts(client.get(REPORT), "h1") == ["Report an error"]


def test_report_is_mailed_to_the_office(client, clock, settings):
    response = submit(client, clock, email="student@example.edu")

    [message] = mail.outbox
    assert response["Location"] == SENT
    assert (message.to, message.reply_to) == (["exchange@example.edu"], ["student@example.edu"])
    assert message.subject == "Error reported: Marburg"
    assert message.body == (
        "Marburg, Germany\nhttp://testserver/universities/marburg/\n\nThe city is wrong.\n\n-- \nstudent@example.edu\n"
    )


def test_email_is_optional_and_a_thank_you_page_follows(client, clock):
    page = client.get(submit(client, clock)["Location"])

    assert mail.outbox[0].reply_to == []
    assert mail.outbox[0].body.endswith("-- \nNo address to answer to.\n")
    assert "Thank you The exchange office has your message. Back to Marburg" in text(page)


def test_report_needs_no_cookie(client, clock):
    client.handler.enforce_csrf_checks = True

    response = submit(client, clock)

    assert (response.status_code, client.cookies.output()) == (302, "")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"nickname": "Bob"}, REJECTED),
        ({"opened": ""}, REJECTED),
        ({"opened": "made up"}, REJECTED),
        ({"seconds": 2}, REJECTED),
        ({"seconds": 24 * 3600 + 1}, REJECTED),
        ({"message": "  "}, "This field is required."),
        ({"message": "x" * 2_001}, "Ensure this value has at most 2000 characters (it has 2001)."),
        ({"email": "a@example.edu\r\nBcc: b@example.edu"}, "Enter a valid email address."),
    ],
    ids=["honeypot", "no timestamp", "forged timestamp", "too soon", "expired", "blank", "long", "header injection"],
)
def test_invalid_report_is_rejected(client, clock, values, error):
    page = submit(client, clock, **values)

    assert error in text(page)
    assert mail.outbox == []


def test_rejected_report_can_be_sent_again(client, clock):
    page = submit(client, clock, seconds=2)

    again = opened(page)
    assert element_texts(page, "textarea") == ["The city is wrong."]
    assert submit(client, clock, opened=again)["Location"] == SENT


@pytest.mark.parametrize(
    "mistake",
    [{"message": " "}, {"email": "nobody"}, {"nickname": "Bob"}, {"seconds": 25 * 3600}],
    ids=" ".join,
)
def test_corrected_report_can_be_sent_at_once(client, clock, mistake):
    page = submit(client, clock, **mistake)

    again = opened(page)
    assert submit(client, clock, opened=again, seconds=1)["Location"] == SENT


def test_forged_timestamp_is_not_accepted_when_sent_again(client, clock):
    page = submit(client, clock, opened="made up")

    again = opened(page)
    assert REJECTED in text(submit(client, clock, opened=again, seconds=1))


def test_limit_is_five_reports_an_hour_from_an_address(client, clock):
    responses = [submit(client, clock, seconds=3) for _ in range(6)]

    assert [response.status_code for response in responses] == [302] * 5 + [200]
    assert RATE_LIMITED in text(responses[-1])
    assert submit(client, clock, client_ip="198.51.100.7").status_code == 302
    assert submit(client, clock, seconds=3600).status_code == 302


def test_ipv6_network_counts_as_one_address(client, clock):
    responses = [submit(client, clock, seconds=3, client_ip=f"2001:db8:1:1::{number}") for number in range(6)]

    assert [response.status_code for response in responses[:5]] == [302] * 5
    assert RATE_LIMITED in text(responses[5])


def test_limit_is_fifty_reports_an_hour_from_all_addresses(client, clock):
    responses = [submit(client, clock, seconds=3, client_ip=f"198.51.100.{n}") for n in range(51)]

    assert [response.status_code for response in responses] == [302] * 50 + [200]
    assert len(mail.outbox) == 50


def test_limit_holds_when_the_cache_is_cleared(client, clock):
    for _ in range(5):
        submit(client, clock, seconds=3)
    cache.clear()

    assert RATE_LIMITED in text(submit(client, clock, seconds=3))
    assert len(mail.outbox) == 5


def test_failing_mail_shows_the_office_address(client, clock, monkeypatch):
    def fail(messages):
        raise SMTPException

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda self, m: fail(m))

    page = submit(client, clock)

    assert "Mail does not work at the moment. Please write to exchange@example.edu." in text(page)


@pytest.mark.parametrize("url", [REPORT, SENT])
def test_form_of_a_university_that_is_not_public_is_not_found(client, marburg, url):
    public = client.get(url)
    marburg.agreements.update(status=AgreementStatus.ENDED)

    assert (public.status_code, client.get(url).status_code) == (200, 404)


def test_form_is_not_found_without_an_office_email(client, settings):
    settings.OFFICE_EMAIL = ""

    assert client.get(REPORT).status_code == 404
    assert "Report an error" not in text(client.get("/universities/marburg/"))


@pytest.mark.parametrize("name", ["<script>", "W" * 200, "Emoji 🎓", "right\u202eto left", "Łódź: \"a\" & 'b'"])
def test_subject_contains_a_hostile_name_unchanged(client, clock, name):
    university = UniversityFactory(name=name, slug="x", country=Country.objects.get(code="PL"))
    AgreementFactory(university=university)
    data = {"message": "Wrong.", "opened": opened(client.get(REPORT))}
    clock.shift(60)

    client.post("/universities/x/report/", data)

    sent = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    assert sent["Subject"] == f"Error reported: {normalize_name(name)}"
