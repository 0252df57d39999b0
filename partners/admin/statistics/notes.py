"""Sentences about the agreements in force on a day, and about what the register cannot know."""

from django.conf import settings
from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from partners.admin.filters import ENDING, NOT_RECORDED, SIGNING, START, DateNotRecordedFilter, agreement_changelist_url
from partners.models import Agreement
from partners.periods import first_year_of

NO_START = ngettext_lazy(
    "For %d agreement, neither the first day nor the day of signing is recorded. It counts from any day on.",
    "For %d agreements, neither the first day nor the day of signing is recorded. They count from any day on.",
)
NO_END = ngettext_lazy(
    "For %d agreement, the end is not recorded. It counts as still in force.",
    "For %d agreements, the end is not recorded. They count as still in force.",
)
NO_PLACES = ngettext_lazy(
    "For %d agreement, the places are not recorded.", "For %d agreements, the places are not recorded."
)
NO_SIGNING = ngettext_lazy(
    "For %d agreement, the day of signing is not recorded. It counts in no year.",
    "For %d agreements, the day of signing is not recorded. They count in no year.",
)
NO_ENDING = ngettext_lazy(
    "For %d ended agreement, the day of its end is not recorded. It counts on no day and in no year.",
    "For %d ended agreements, the day of their end is not recorded. They count on no day and in no year.",
)


def describe_in_force(on):
    counts = Agreement.objects.in_force_by_dates(on).aggregate(
        agreements=Count("pk"),
        universities=Count("university", distinct=True),
        countries=Count("university__country", distinct=True),
    )
    values = {
        "day": date_format(on),
        "agreements": ngettext("%d agreement", "%d agreements", counts["agreements"]) % counts["agreements"],
        "universities": ngettext("%d university", "%d universities", counts["universities"]) % counts["universities"],
        "countries": ngettext("%d country or territory", "%d countries or territories", counts["countries"])
        % counts["countries"],
    }
    return _("In force on %(day)s: %(agreements)s with %(universities)s in %(countries)s.") % values


def list_notes(on):
    """Return a sentence and the URL of the list for each value that is not recorded."""
    in_force, ever_signed = Agreement.objects.in_force_by_dates(on), Agreement.objects.ever_signed()
    day, conditions = {"in_force_on": on.isoformat()}, DateNotRecordedFilter.conditions
    year = first_year_of(on, settings.ACADEMIC_YEAR_START)
    counted = [
        (NO_START, in_force.filter(conditions[START]), day | {"no_date": START}),
        (NO_END, in_force.end_not_recorded(), day | {"ends": NOT_RECORDED}),
        (NO_PLACES, in_force.student_places_not_recorded(year), day | {"places": NOT_RECORDED}),
        (NO_SIGNING, ever_signed.filter(conditions[SIGNING]), {"no_date": SIGNING}),
        (NO_ENDING, ever_signed.filter(conditions[ENDING]), {"no_date": ENDING}),
    ]
    counts = [(sentence, agreements.count(), query) for sentence, agreements, query in counted]
    return [(sentence % count, agreement_changelist_url(**query)) for sentence, count, query in counts if count]
