"""Linking several universities to their institutions at once, as a run that can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from partners.institutions.linking import FILLED_FIELDS, fill_from_institution
from partners.models import Institution, Run, University
from partners.models.runs import RunAction
from partners.runs.bulk_write import ChangeContext, bulk_update_with_history
from partners.runs.recording import record_run


@dataclass
class IdentifyResult:
    linked: list[University]
    left: list[str]
    """A sentence for each university that was left as it is."""
    run: Run | None = None
    """None if nothing was linked."""


@transaction.atomic
def identify(choices: Mapping[int, str], user: AbstractBaseUser) -> IdentifyResult:
    """Link universities to institutions, given as a ROR ID by the pk of each university.

    What others have linked to another institution since the choices were displayed is left as it is. What is linked
    as chosen, and what exists no more, is ignored.
    """
    # Universities before institutions, in the order in which the forms of universities lock them.
    universities = list(University.objects.select_for_update().filter(pk__in=choices).order_by("pk"))
    locked = Institution.objects.select_for_update().filter(pk__in=choices.values()).order_by("pk")
    institutions = {institution.pk: institution for institution in locked}
    linked_to = University.objects.filter(institution__in=institutions)
    holders = {holder.institution_id: holder.name for holder in linked_to}
    result = IdentifyResult([], [])
    for university in universities:
        institution = institutions.get(choices[university.pk])
        if institution and university.institution_id != institution.pk:
            if sentence := _reason_to_leave(university, institution, holders):
                result.left.append(sentence)
            else:
                university.institution, holders[institution.pk] = institution, university.name
                fill_from_institution(university)
                result.linked.append(university)
    if result.linked:
        with record_run(RunAction.IDENTIFY, user) as result.run:
            context = ChangeContext(result.run.history_reason, user, result.run)
            bulk_update_with_history(University, result.linked, ["institution", *FILLED_FIELDS], context)
    return result


def _reason_to_leave(university: University, institution: Institution, holders: Mapping[str, str]) -> str:
    names = {"university": university.name, "institution": institution.name, "other": holders.get(institution.pk)}
    if university.institution_id:
        return _("“%(university)s” has been linked in the meantime, and is left as it is.") % names
    if names["other"]:
        message = _("“%(university)s” is left as it is: “%(institution)s” is linked to “%(other)s” by now.")
        return message % names
    return ""
