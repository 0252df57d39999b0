"""Whether students see a university, and why."""

from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.models import University


class Visibility(NamedTuple):
    is_public: bool
    reasons: list
    """Every one, in sentences."""


def get_visibility(university):
    on = localdate()
    agreements = university.agreements.select_related("agreement_type").ordered_by_type()
    shown = [_current_reason(each) for each in agreements.public(on)]
    if University.objects.public(on).filter(pk=university.pk).exists():
        return Visibility(True, shown)
    hidden = [] if university.is_listed else [_("It is kept off the public list: tick “on the public list” below.")]
    past = [] if shown else [_former_reason(each) for each in agreements] or [_("It has no agreement.")]
    return Visibility(False, hidden + past)


def _current_reason(agreement):
    """Of an agreement that is in force or in process."""
    told = {"type": _type_of(agreement)}
    if agreement.status == AgreementStatus.IN_PROCESS:
        return _("%(type)s is in process.") % told
    if agreement.valid_until:
        return _("%(type)s is in force until %(day)s.") % (told | {"day": date_format(agreement.valid_until)})
    return _("%(type)s is in force, open-ended.") % told


def _former_reason(agreement):
    """Of an agreement that is neither in force nor in process."""
    told = {"type": _type_of(agreement)}
    if agreement.status == AgreementStatus.SIGNED:
        return _("%(type)s expired on %(day)s.") % (told | {"day": date_format(agreement.valid_until)})
    if agreement.ended_on:
        return _("%(type)s ended on %(day)s.") % (told | {"day": date_format(agreement.ended_on)})
    return _("%(type)s has ended.") % told


def _type_of(agreement):
    return agreement.agreement_type or _("An agreement of unknown type")
