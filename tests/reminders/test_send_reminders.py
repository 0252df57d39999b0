import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.enums import AgreementStatus
from partners.models import Reminder
from tests.conftest import staff
from tests.factories import AgreementFactory
from tests.html import text
from tests.reminders.conftest import OFFICE, TODAY, ending
from tests.reminders.mailserver import mail_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def inbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with mail_server() as (inbox, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield inbox


def run(**options):
    """What the command wrote to standard output and to standard error, and why it failed, if it did."""
    out, err, failure = StringIO(), StringIO(), None
    try:
        call_command("send_reminders", stdout=out, stderr=err, **options)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().splitlines(), err.getvalue().splitlines(), failure


def body(mail, kind):
    return mail.get_body([kind]).get_content().replace("\r\n", "\n")


def items(mail):
    """The text of each line of the list in a mail's page."""
    return [text(each) for each in re.findall(r"<li>.*?</li>", body(mail, "html"), re.DOTALL)]


def ben(**values):
    user = staff("ben")
    user.email = "ben@example.edu"
    for name, value in values.items():
        setattr(user, name, value)
    user.save()
    return user


def test_coordinator_is_mailed_one_digest_of_what_waits(inbox, ann, erasmus):
    ended = ending(TODAY - timedelta(1), "Marburg", responsible=ann, next_step="Ask the dean")
    renewed = ending(TODAY + timedelta(20), "Kassel", responsible=ann, agreement_type=erasmus)
    renewed.renewal().save()
    ending(TODAY + timedelta(30), "Fulda", responsible=ann)
    deal = AgreementFactory(
        university__name="Jena", status=AgreementStatus.IN_PROCESS, agreement_type=None, responsible=ann
    )
    deal.history.update(history_date="2026-08-26T12:00Z")

    assert run() == (["Mails sent: 1"], [], None)

    [mail] = inbox.mails
    assert (mail["To"], mail["Subject"]) == ("ann@example.edu", "Exchange Office: 4 agreements wait for you")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert body(mail, "plain").strip().split("\n\n")[:-2] == [
        "4 agreements wait for you.",
        "Expired",
        "- Marburg (Germany), Bilateral: ended on 23 Nov 2026\n  Next step: Ask the dean\n"
        f"  https://partners.example.edu/admin/partners/agreement/{ended.pk}/change/",
        "Ending within 30 days",
        "- Fulda (Germany), Bilateral: ends on 24 Dec 2026, in 30 days\n"
        f"  https://partners.example.edu/admin/partners/agreement/{ended.pk + 3}/change/",
        "Not moved for 60 days",
        "- Jena (Germany), type unknown: last moved on 26 Aug 2026\n"
        f"  https://partners.example.edu/admin/partners/agreement/{deal.pk}/change/",
        "Renewal in process",
        "- Kassel (Germany), Erasmus+: the signed one ends on 14 Dec 2026, in 20 days\n"
        f"  https://partners.example.edu/admin/partners/agreement/{renewed.pk}/change/",
    ]


def test_both_versions_of_the_mail_tell_the_same(inbox, ann):
    agreement = ending(TODAY, "<b>Marburg</b> & עברית", responsible=ann)

    run()

    [mail] = inbox.mails
    page = body(mail, "html")
    line = "<b>Marburg</b> & עברית (Germany), Bilateral: ends on 24 Nov 2026, today"
    assert line in body(mail, "plain")
    assert items(mail) == [line]
    assert "<bdi>&lt;b&gt;Marburg&lt;/b&gt; &amp; עברית</bdi>" in page
    assert f'href="https://partners.example.edu/admin/partners/agreement/{agreement.pk}/change/"' in page


def test_each_is_told_of_their_own(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())

    assert run() == (["Mails sent: 2"], [], None)

    assert {mail["To"]: items(mail) for mail in inbox.mails} == {
        "ann@example.edu": ["Marburg (Germany), Bilateral: ends on 24 Nov 2026, today"],
        "ben@example.edu": ["Kassel (Germany), Bilateral: ends on 24 Nov 2026, today"],
    }


def test_second_run_tells_nothing_anew(inbox, ann):
    ending(TODAY, responsible=ann)

    assert (run(), run()) == ((["Mails sent: 1"], [], None), (["Mails sent: 0"], [], None))
    assert inbox.told == ["ann@example.edu"]


def test_nobody_responsible_is_the_office_s_matter(inbox, office_address):
    ending(TODAY)

    assert run() == (["Mails sent: 1"], [], None)
    assert inbox.told == [OFFICE]


def test_nobody_responsible_and_no_office_is_said(inbox):
    ending(TODAY)

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 0"], None)
    assert err == ["Agreements with nobody responsible: 1. Set OFFICE_EMAIL, and the office is told."]
    assert (inbox.told, Reminder.objects.count()) == ([], 0)


@pytest.mark.parametrize("gone", [{"is_active": False}, {"is_staff": False}, {"email": ""}])
def test_office_is_told_for_who_cannot_be(inbox, office_address, gone):
    ending(TODAY, responsible=ben(**gone))

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 1"], None)
    assert err == [f"ben has left or has no address: {OFFICE} is told instead."]
    assert inbox.told == [OFFICE]
    assert "Responsible: ben" in body(inbox.mails[0], "plain")


def test_mail_server_that_is_down_is_said_once_a_person_and_told_later_once(settings, inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9

    out, err, failure = run()

    assert out == ["Mails sent: 0"]
    assert err == [
        "ann@example.edu is not told: [Errno 111] Connection refused",
        "ben@example.edu is not told: [Errno 111] Connection refused",
    ]
    assert failure == "Mails not sent: 2. They will be at the next run."
    settings.EMAIL_PORT = port
    assert run() == (["Mails sent: 2"], [], None)
    assert run() == (["Mails sent: 0"], [], None)
    assert inbox.told == ["ann@example.edu", "ben@example.edu"]


def test_refused_address_keeps_nobody_else_from_being_told(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())
    inbox.refused.add("ann@example.edu")

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 1"], "Mails not sent: 1. They will be at the next run.")
    assert len(err) == 1
    assert err[0].startswith("ann@example.edu is not told: ")
    assert inbox.told == ["ben@example.edu"]


def test_address_that_is_none_keeps_nobody_else_from_being_told(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben(email="a\nBcc: everybody@example.edu"))

    out, err, failure = run()

    assert (out, len(err), failure) == (
        ["Mails sent: 1"],
        1,
        "Mails not sent: 1. They will be at the next run.",
    )
    assert inbox.told == ["ann@example.edu"]


def test_dry_run_tells_what_would_be_sent_and_sends_nothing(inbox, ann):
    ending(TODAY, responsible=ann)

    assert run(dry_run=True) == (
        [
            "ann@example.edu: 1 agreement waits for you",
            "  Ending within 30 days: Marburg, Bilateral, ends on 24 Nov 2026, today",
            "Mails that would be sent: 1",
        ],
        [],
        None,
    )
    assert (inbox.mails, Reminder.objects.count()) == ([], 0)


def test_site_without_an_address_sends_nothing(inbox, settings, ann):
    settings.SITE_URL = ""
    ending(TODAY, responsible=ann)

    assert run() == (
        [],
        [],
        "SITE_URL is not set. The mails need it for their links: set it to the site's address.",
    )
    assert inbox.mails == []


def test_claim_of_a_run_that_died_holds_for_ten_minutes(inbox, ann, today):
    agreement = ending(TODAY, responsible=ann)
    Reminder.objects.create(agreement=agreement, matter="30", since=TODAY, mail="0" * 32, recipient=ann.email)

    first = run()
    today.shift(timedelta(minutes=10, seconds=1))

    assert first == (
        ["Matters that another run is telling: 1. If it died, run this again in ten minutes.", "Mails sent: 0"],
        [],
        None,
    )
    assert run() == (["Mails sent: 1"], [], None)
