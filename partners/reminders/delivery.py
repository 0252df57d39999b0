"""Send each digest once, even with concurrent runs or a run that is killed midway."""

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from partners.models import Reminder
from partners.reminders.digests import Digest


class DeliveryError(Exception):
    """The mail server did not accept the mail."""


def send_once(digest: Digest) -> bool:
    """Send the digest unless another run has claimed it, and return whether it was sent.

    No transaction is open while the mail server is contacted.
    """
    reminders = [
        Reminder(
            agreement=agreement,
            kind=agreement.reminder_kind,
            reference_date=agreement.reference_date,
            message_id=digest.message_id,
            recipient=digest.recipient,
        )
        for agreement in digest.agreements
    ]
    try:
        with transaction.atomic():
            Reminder.objects.bulk_create(reminders)
    except IntegrityError:
        return False
    claims = Reminder.objects.filter(message_id=digest.message_id, sent_at=None)
    try:
        digest.build_email().send()
    except (OSError, ValueError) as error:
        claims.delete()
        raise DeliveryError(error) from error
    claims.update(sent_at=now())
    return True
