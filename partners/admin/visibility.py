"""Explain why a university is or is not on the public list."""

from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.models import University


class Visibility(NamedTuple):
    is_public: bool
    reasons: list[str]


def get_visibility(university):
    on = localdate()
    agreements = university.agreements.select_related("agreement_type").ordered_by_type()
    public_reasons = [_public_reason(agreement) for agreement in agreements.public(on)]
    if University.objects.public(on).filter(pk=university.pk).exists():
        return Visibility(True, public_reasons)
    reasons = []
    if not university.is_listed:
        reasons.append(_("It is kept off the public list: tick “on the public list” below."))
    if not public_reasons:
        reasons += [_past_reason(agreement) for agreement in agreements] or [_("It has no agreement.")]
    return Visibility(False, reasons)


def _public_reason(agreement):
    """Describe an agreement that is in force or in process."""
    params = {"type": _type_label(agreement)}
    if agreement.status == AgreementStatus.IN_PROCESS:
        return _("%(type)s is in process.") % params
    if agreement.valid_until:
        return _("%(type)s is in force until %(day)s.") % (params | {"day": date_format(agreement.valid_until)})
    return _("%(type)s is in force, open-ended.") % params


def _past_reason(agreement):
    """Describe an agreement that is neither in force nor in process."""
    params = {"type": _type_label(agreement)}
    if agreement.status == AgreementStatus.SIGNED:
        return _("%(type)s expired on %(day)s.") % (params | {"day": date_format(agreement.valid_until)})
    if agreement.ended_on:
        return _("%(type)s ended on %(day)s.") % (params | {"day": date_format(agreement.ended_on)})
    return _("%(type)s has ended.") % params


def _type_label(agreement):
    return agreement.agreement_type or _("An agreement of unknown type")
