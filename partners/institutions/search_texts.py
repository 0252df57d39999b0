"""The names of the directory in the search texts of the universities that are linked to it."""

from itertools import islice

from django.db import transaction

from partners.fields import update_search_keys
from partners.models import University

BATCH_SIZE = 200


@transaction.atomic
def update_search_texts() -> None:
    """Derive the search texts of all linked universities anew, as the directory has been loaded anew.

    Search texts have no history. The universities are locked, so that nobody renames one in the meantime.
    """
    linked = University.objects.exclude(institution=None).select_for_update(of=["self"]).order_by("pk")
    universities = linked.select_related("institution").iterator(BATCH_SIZE)
    while batch := list(islice(universities, BATCH_SIZE)):
        before = {university.pk: university.search_text for university in batch}
        names = update_search_keys(University, batch)
        changed = [university for university in batch if university.search_text != before[university.pk]]
        University.objects.bulk_update(changed, names, batch_size=BATCH_SIZE)
