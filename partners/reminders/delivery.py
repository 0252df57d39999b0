"""Sending a digest once, whatever runs at the same time and whatever dies on the way."""

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from partners.models import Reminder
from partners.reminders.digests import Digest


class DeliveryError(Exception):
    """The mail server did not take the mail."""


def send_once(digest: Digest) -> bool:
    """Whether it was ours to send. No transaction is open meanwhile, so that nobody waits for the mail server."""
    if not _claim(digest):
        return False
    claims = Reminder.objects.filter(mail=digest.key, sent_at=None)
    try:
        digest.mail().send()
    except (OSError, ValueError) as error:
        claims.delete()
        raise DeliveryError(error) from error
    claims.update(sent_at=now())
    return True


def _claim(digest: Digest) -> bool:
    try:
        with transaction.atomic():
            Reminder.objects.bulk_create(_reminders(digest))
    except IntegrityError:
        return False
    return True


def _reminders(digest: Digest) -> list[Reminder]:
    mail, address = digest.key, digest.address
    return [
        Reminder(agreement=each, matter=each.matter, since=each.since, mail=mail, recipient=address)
        for each in digest.agreements
    ]
