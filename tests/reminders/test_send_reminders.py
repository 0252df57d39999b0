from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.enums import AgreementStatus
from partners.models import Reminder
from tests.helpers.factories import AgreementFactory, create_staff
from tests.helpers.html import element_texts
from tests.helpers.mailserver import mail_server
from tests.helpers.reminders import OFFICE, TODAY, ending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def inbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with mail_server() as (inbox, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield inbox


def run(**options):
    """Return the lines of stdout and of stderr, and the message of the CommandError or None."""
    out, err, failure = StringIO(), StringIO(), None
    try:
        call_command("send_reminders", stdout=out, stderr=err, **options)
    except CommandError as error:
        failure = str(error)
    return out.getvalue().splitlines(), err.getvalue().splitlines(), failure


def body(mail, subtype):
    return mail.get_body([subtype]).get_content().replace("\r\n", "\n")


def items(mail):
    return element_texts(body(mail, "html"), "li")


def ben(**values):
    user = create_staff("ben")
    user.email = "ben@example.edu"
    for name, value in values.items():
        setattr(user, name, value)
    user.save()
    return user


def test_coordinator_is_mailed_one_digest(inbox, ann, erasmus):
    ended = ending(TODAY - timedelta(1), "Marburg", responsible=ann, next_step="Ask the dean")
    renewed = ending(TODAY + timedelta(20), "Kassel", responsible=ann, agreement_type=erasmus)
    renewed.build_renewal().save()
    ending(TODAY + timedelta(30), "Fulda", responsible=ann)
    in_process = AgreementFactory(
        university__name="Jena", status=AgreementStatus.IN_PROCESS, agreement_type=None, responsible=ann
    )
    in_process.history.update(history_date="2026-08-26T12:00Z")

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
        f"  https://partners.example.edu/admin/partners/agreement/{in_process.pk}/change/",
        "Renewal in process",
        "- Kassel (Germany), Erasmus+: the signed one ends on 14 Dec 2026, in 20 days\n"
        f"  https://partners.example.edu/admin/partners/agreement/{renewed.pk}/change/",
    ]


def test_digest_has_what_should_be_done_by_a_day(inbox, ann, erasmus):
    def add(name, **values):
        return AgreementFactory(university__name=name, status=AgreementStatus.IN_PROCESS, responsible=ann, **values)

    add("Marburg", due_on=TODAY - timedelta(1), agreement_type=erasmus, scope="Faculty of Law")
    add("Kassel", due_on=TODAY, agreement_type=erasmus, next_step="Ask the dean")
    add("Fulda", due_on=TODAY + timedelta(30), agreement_type=None)
    ending(TODAY + timedelta(30), "Jena", responsible=ann, scope="Medicine")

    run()

    [mail] = inbox.mails
    assert [line for line in body(mail, "plain").splitlines() if line and "http" not in line][1:-2] == [
        "Overdue",
        "- Marburg (Germany), Erasmus+, Faculty of Law: should have been done by 23 Nov 2026",
        "To be done within 7 days",
        "- Kassel (Germany), Erasmus+: to be done by 24 Nov 2026, today",
        "  Next step: Ask the dean",
        "Ending within 30 days",
        "- Jena (Germany), Bilateral, Medicine: ends on 24 Dec 2026, in 30 days",
        "To be done within 30 days",
        "- Fulda (Germany), type unknown: to be done by 24 Dec 2026, in 30 days",
    ]
    assert items(mail)[0] == ("Marburg (Germany), Erasmus+, Faculty of Law: should have been done by 23 Nov 2026")


def test_text_and_html_parts_have_the_same_lines(inbox, ann):
    agreement = ending(TODAY, "<b>Marburg</b> & עברית", responsible=ann)

    run()

    [mail] = inbox.mails
    page = body(mail, "html")
    line = "<b>Marburg</b> & עברית (Germany), Bilateral: ends on 24 Nov 2026, today"
    assert line in body(mail, "plain")
    assert items(mail) == [line]
    assert "<bdi>&lt;b&gt;Marburg&lt;/b&gt; &amp; עברית</bdi>" in page
    assert f'href="https://partners.example.edu/admin/partners/agreement/{agreement.pk}/change/"' in page


def test_coordinators_are_reminded_of_their_own_agreements(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())

    assert run() == (["Mails sent: 2"], [], None)

    assert {mail["To"]: items(mail) for mail in inbox.mails} == {
        "ann@example.edu": ["Marburg (Germany), Bilateral: ends on 24 Nov 2026, today"],
        "ben@example.edu": ["Kassel (Germany), Bilateral: ends on 24 Nov 2026, today"],
    }


def test_second_run_sends_nothing(inbox, ann):
    ending(TODAY, responsible=ann)

    assert (run(), run()) == ((["Mails sent: 1"], [], None), (["Mails sent: 0"], [], None))
    assert inbox.recipients == ["ann@example.edu"]


def test_agreement_with_nobody_responsible_is_mailed_to_the_office(inbox, office_email):
    ending(TODAY)

    assert run() == (["Mails sent: 1"], [], None)
    assert inbox.recipients == [OFFICE]


def test_agreement_with_nobody_responsible_is_reported_without_office_email(inbox):
    ending(TODAY)

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 0"], None)
    assert err == ["Agreements with nobody responsible: 1. Set OFFICE_EMAIL, and the office is reminded."]
    assert (inbox.recipients, Reminder.objects.count()) == ([], 0)


@pytest.mark.parametrize("unreachable", [{"is_active": False}, {"is_staff": False}, {"email": ""}])
def test_office_is_mailed_for_unreachable_coordinator(inbox, office_email, unreachable):
    ending(TODAY, responsible=ben(**unreachable))

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 1"], None)
    assert err == [f"ben has left or has no email address: {OFFICE} is reminded instead."]
    assert inbox.recipients == [OFFICE]
    assert "Responsible: ben" in body(inbox.mails[0], "plain")


def test_mails_failed_while_the_server_is_down_are_sent_once_later(settings, inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9

    out, err, failure = run()

    assert out == ["Mails sent: 0"]
    assert err == [
        "No mail to ann@example.edu: [Errno 111] Connection refused",
        "No mail to ben@example.edu: [Errno 111] Connection refused",
    ]
    assert failure == "Mails not sent: 2. They will be at the next run."
    settings.EMAIL_PORT = port
    assert run() == (["Mails sent: 2"], [], None)
    assert run() == (["Mails sent: 0"], [], None)
    assert inbox.recipients == ["ann@example.edu", "ben@example.edu"]


def test_rejected_recipient_does_not_stop_the_others(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben())
    inbox.rejected.add("ann@example.edu")

    out, err, failure = run()

    assert (out, failure) == (["Mails sent: 1"], "Mails not sent: 1. They will be at the next run.")
    assert len(err) == 1
    assert err[0].startswith("No mail to ann@example.edu: ")
    assert inbox.recipients == ["ben@example.edu"]


def test_invalid_email_address_does_not_stop_the_others(inbox, ann):
    ending(TODAY, "Marburg", responsible=ann)
    ending(TODAY, "Kassel", responsible=ben(email="a\nBcc: everybody@example.edu"))

    out, err, failure = run()

    assert (out, len(err), failure) == (
        ["Mails sent: 1"],
        1,
        "Mails not sent: 1. They will be at the next run.",
    )
    assert inbox.recipients == ["ann@example.edu"]


def test_dry_run_prints_digests_and_sends_nothing(inbox, ann):
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


def test_missing_site_url_sends_nothing(inbox, settings, ann):
    settings.SITE_URL = ""
    ending(TODAY, responsible=ann)

    assert run() == (
        [],
        [],
        "SITE_URL is not set. The mails need it for their links: set it to the site's address.",
    )
    assert inbox.mails == []


def test_claim_of_a_run_that_died_expires_after_ten_minutes(inbox, ann, today):
    agreement = ending(TODAY, responsible=ann)
    Reminder.objects.create(
        agreement=agreement, kind="30", reference_date=TODAY, message_id="0" * 32, recipient=ann.email
    )

    first = run()
    today.shift(timedelta(minutes=10, seconds=1))

    assert first == (
        ["Reminders that another run is sending: 1. If it died, run this again in ten minutes.", "Mails sent: 0"],
        [],
        None,
    )
    assert run() == (["Mails sent: 1"], [], None)
