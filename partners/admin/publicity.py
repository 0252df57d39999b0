"""Whether students see a university, and why."""

from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.models import University
from partners.rules import Status


class Publicity(NamedTuple):
    is_public: bool
    reasons: list
    """Every one, in sentences."""


def publicity(university):
    on = localdate()
    agreements = university.agreements.select_related("agreement_type").in_type_order()
    shown = [_what_it_is(each) for each in agreements.public(on)]
    if University.objects.public(on).filter(pk=university.pk).exists():
        return Publicity(True, shown)
    hidden = [] if university.is_listed else [_("It is kept off the public list: tick “on the public list” below.")]
    past = [] if shown else [_what_it_was(each) for each in agreements] or [_("It has no agreement.")]
    return Publicity(False, hidden + past)


def _what_it_is(agreement):
    """Of an agreement that is in force or in process."""
    told = {"type": _type_of(agreement)}
    if agreement.status == Status.IN_PROCESS:
        return _("%(type)s is in process.") % told
    if agreement.valid_until:
        return _("%(type)s is in force until %(day)s.") % (told | {"day": date_format(agreement.valid_until)})
    return _("%(type)s is in force, open-ended.") % told


def _what_it_was(agreement):
    """Of an agreement that is neither in force nor in process."""
    told = {"type": _type_of(agreement)}
    if agreement.status == Status.SIGNED:
        return _("%(type)s expired on %(day)s.") % (told | {"day": date_format(agreement.valid_until)})
    if agreement.ended_on:
        return _("%(type)s ended on %(day)s.") % (told | {"day": date_format(agreement.ended_on)})
    return _("%(type)s has ended.") % told


def _type_of(agreement):
    return agreement.agreement_type or _("An agreement of unknown type")
