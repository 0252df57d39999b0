"""The form on which several agreements are marked as signed."""

from django.urls import reverse


def bulk_url(*agreements):
    return reverse("admin:partners_agreement_sign", query={"id": [agreement.pk for agreement in agreements]})


def sign_data(day, *agreements, types=()):
    typed = {f"{agreement.pk}-signed_on": day for agreement in agreements}
    typed |= {f"{agreement.pk}-version": agreement.history.latest().pk for agreement in agreements}
    return typed | {f"{agreement.pk}-agreement_type": agreement_type.pk for agreement, agreement_type in types}
