"""What a university's own page tells beyond the list, and a comparison of several."""

from collections import defaultdict

from django.db.models import Max

from partners.models import Agreement, University

OFFICE_ONLY = ["responsible", "next_step", "contact", "notes"]
MOST_NEIGHBOURS = 12


def agreements_in_detail(universities, on):
    """What each university, by its id, offers to students on a day. What is the office's own is not even read."""
    rows = Agreement.objects.public(on).filter(university__in=list(universities)).in_type_order()
    agreements = defaultdict(list)
    for agreement in rows.select_related("agreement_type").defer(*OFFICE_ONLY):
        agreements[agreement.university_id].append(agreement)
    return agreements


def last_change(university):
    """When the register's words on a university, or on an agreement with it, last changed."""
    changes = [University.history.filter(id=university.pk), Agreement.history.filter(university=university.pk)]
    moments = [history.aggregate(last=Max("history_date"))["last"] for history in changes]
    return max(filter(None, moments), default=None)


def neighbours(university, on):
    """Some of the other universities in its country, and how many there are."""
    others = University.objects.public(on).filter(country=university.country_id).exclude(pk=university.pk)
    return others.alphabetical().values("slug", "name")[:MOST_NEIGHBOURS], others.count()
