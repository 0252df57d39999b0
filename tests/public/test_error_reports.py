import re
from email import message_from_bytes, policy
from smtplib import SMTPException

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache

from partners.enums import AgreementStatus
from partners.models import Country
from partners.name_normalization import normalize_name
from tests.factories import AgreementFactory, UniversityFactory
from tests.html import pieces, text

REPORT, SENT = "/universities/marburg/report/", "/universities/marburg/report/sent/"
REFUSED = "This could not be sent from here. Please wait a moment, and send it again."
MANY = "There have been many reports in the last hour. Please try again later."


@pytest.fixture(autouse=True)
def marburg(db, settings):
    settings.OFFICE_EMAIL = "exchange@example.edu"
    return AgreementFactory(university__name="Marburg").university


@pytest.fixture
def clock():
    with time_machine.travel("2026-03-01 12:00", tick=False) as clock:
        yield clock


def opened(client):
    return re.search(r'name="opened" value="([^"]+)"', client.get(REPORT).content.decode())[1]


def report(client, clock, seconds=60, address="203.0.113.9", **values):
    """Writes for a while, and sends it."""
    written = {"message": "The city is wrong.", "email": "", "nickname": "", "opened": opened(client)} | values
    clock.shift(seconds)
    return client.post(REPORT, written, REMOTE_ADDR=address)


def test_page_leads_to_the_form(client):
    page = client.get("/universities/marburg/")

    assert f'<a href="{REPORT}" rel="nofollow">Report an error</a>' in page.content.decode()
    assert pieces(client.get(REPORT), "h1") == ["Report an error"]


def test_report_is_mailed_to_the_office(client, clock, settings):
    answer = report(client, clock, email="student@example.edu")

    [message] = mail.outbox
    assert answer["Location"] == SENT
    assert (message.to, message.reply_to) == (["exchange@example.edu"], ["student@example.edu"])
    assert message.subject == "Error reported: Marburg"
    assert message.body == (
        "Marburg, Germany\nhttp://testserver/universities/marburg/\n\nThe city is wrong.\n\n-- \nstudent@example.edu\n"
    )


def test_report_needs_no_address_and_thanks(client, clock):
    page = client.get(report(client, clock)["Location"])

    assert mail.outbox[0].reply_to == []
    assert mail.outbox[0].body.endswith("-- \nNo address to answer to.\n")
    assert "Thank you The exchange office has your message. Back to Marburg" in text(page)


def test_report_needs_no_cookie(client, clock):
    client.handler.enforce_csrf_checks = True

    answer = report(client, clock)

    assert (answer.status_code, client.cookies.output()) == (302, "")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"nickname": "Bob"}, REFUSED),
        ({"opened": ""}, REFUSED),
        ({"opened": "made up"}, REFUSED),
        ({"seconds": 2}, REFUSED),
        ({"seconds": 24 * 3600 + 1}, REFUSED),
        ({"message": "  "}, "This field is required."),
        ({"message": "x" * 2_001}, "Ensure this value has at most 2000 characters (it has 2001)."),
        ({"email": "a@example.edu\r\nBcc: b@example.edu"}, "Enter a valid email address."),
    ],
    ids=["hidden field", "no moment", "forged moment", "at once", "a day later", "blank", "long", "header"],
)
def test_report_is_refused(client, clock, values, told):
    page = report(client, clock, **values)

    assert told in text(page)
    assert mail.outbox == []


def test_refused_report_can_be_sent_after_a_moment(client, clock):
    page = report(client, clock, seconds=2)

    again = re.search(r'name="opened" value="([^"]+)"', page.content.decode())[1]
    assert pieces(page, "textarea") == ["The city is wrong."]
    assert report(client, clock, opened=again)["Location"] == SENT


@pytest.mark.parametrize(
    "mistake",
    [{"message": " "}, {"email": "nobody"}, {"nickname": "Bob"}, {"seconds": 25 * 3600}],
    ids=" ".join,
)
def test_refused_report_can_be_corrected_at_once(client, clock, mistake):
    page = report(client, clock, **mistake)

    again = re.search(r'name="opened" value="([^"]+)"', page.content.decode())[1]
    assert report(client, clock, opened=again, seconds=1)["Location"] == SENT


def test_forged_moment_is_not_believed_when_it_comes_again(client, clock):
    page = report(client, clock, opened="made up")

    again = re.search(r'name="opened" value="([^"]+)"', page.content.decode())[1]
    assert REFUSED in text(report(client, clock, opened=again, seconds=1))


def test_five_reports_an_hour_are_taken_from_an_address(client, clock):
    answers = [report(client, clock, seconds=3) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [200]
    assert MANY in text(answers[-1])
    assert report(client, clock, address="198.51.100.7").status_code == 302
    assert report(client, clock, seconds=3600).status_code == 302


def test_household_of_ipv6_counts_as_one_address(client, clock):
    answers = [report(client, clock, seconds=3, address=f"2001:db8:1:1::{number}") for number in range(6)]

    assert [answer.status_code for answer in answers[:5]] == [302] * 5
    assert MANY in text(answers[5])


def test_fifty_reports_an_hour_are_taken_from_all_addresses(client, clock):
    answers = [report(client, clock, seconds=3, address=f"198.51.100.{n}") for n in range(51)]

    assert [answer.status_code for answer in answers] == [302] * 50 + [200]
    assert len(mail.outbox) == 50


def test_limit_holds_when_the_cache_has_forgotten_everything(client, clock):
    for _ in range(5):
        report(client, clock, seconds=3)
    cache.clear()

    assert MANY in text(report(client, clock, seconds=3))
    assert len(mail.outbox) == 5


def test_report_that_mail_refuses_says_where_to_write(client, clock, monkeypatch):
    def refuse(messages):
        raise SMTPException

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda self, m: refuse(m))

    page = report(client, clock)

    assert "Mail does not work at the moment. Please write to exchange@example.edu." in text(page)


@pytest.mark.parametrize("address", [REPORT, SENT])
def test_university_that_is_not_public_has_no_form(client, marburg, address):
    shown = client.get(address)
    marburg.agreements.update(status=AgreementStatus.ENDED)

    assert (shown.status_code, client.get(address).status_code) == (200, 404)


def test_office_without_an_email_address_has_no_form(client, settings):
    settings.OFFICE_EMAIL = ""

    assert client.get(REPORT).status_code == 404
    assert "Report an error" not in text(client.get("/universities/marburg/"))


@pytest.mark.parametrize("name", ["<script>", "W" * 200, "Emoji 🎓", "right\u202eto left", "Łódź: \"a\" & 'b'"])
def test_report_tells_a_hostile_name_as_it_is(client, clock, name):
    university = UniversityFactory(name=name, slug="x", country=Country.objects.get(code="PL"))
    AgreementFactory(university=university)
    with_form = {"message": "Wrong.", "opened": opened(client)}
    clock.shift(60)

    client.post("/universities/x/report/", with_form)

    sent = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    assert sent["Subject"] == f"Error reported: {normalize_name(name)}"
