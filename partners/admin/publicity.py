"""Whether students see a university, and if not, why."""

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from partners.models import University
from partners.rules import Status


def reasons_against(university):
    """Every reason why students do not see the university, in sentences. None if they do."""
    on = localdate()
    if University.objects.public(on).filter(pk=university.pk).exists():
        return []
    hidden = [] if university.is_listed else [_("It is kept off the public list: tick “on the public list” below.")]
    agreements = university.agreements.select_related("agreement_type")
    if agreements.public(on).exists():
        return hidden
    return hidden + ([_what_it_was(each) for each in agreements.in_type_order()] or [_("It has no agreement.")])


def _what_it_was(agreement):
    """Of an agreement that is neither in force nor in process."""
    told = {"type": agreement.agreement_type or _("type unknown")}
    if agreement.status == Status.SIGNED:
        return _("%(type)s expired on %(day)s.") % (told | {"day": date_format(agreement.valid_until)})
    if agreement.ended_on:
        return _("%(type)s ended on %(day)s.") % (told | {"day": date_format(agreement.ended_on)})
    return _("%(type)s has ended.") % told
