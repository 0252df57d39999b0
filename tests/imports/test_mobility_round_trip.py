"""An export of mobilities and its import, in every format."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.imports.mobility_changes import NEW_MOBILITY
from partners.imports.resources import MobilitiesResource, RegisterResource
from partners.models import Mobility
from partners.tables.writing import write_sheets
from tests.helpers.database import database_contents, few_examples, rolled_back
from tests.helpers.factories import AgreementFactory, mobility_values
from tests.helpers.mobility_files import import_content

FILES = [
    *((MobilitiesResource, table_format) for table_format in ("tsv", "csv", "xlsx", "ods")),
    *((RegisterResource, table_format) for table_format in ("xlsx", "ods")),
]
offers = st.lists(st.lists(mobility_values(), max_size=4), min_size=1, max_size=3).filter(any)


def create_offers(offers):
    """Create an agreement with each list of mobilities."""
    for values_of_lines in offers:
        agreement = AgreementFactory()
        for values in values_of_lines:
            mobility = Mobility(agreement=agreement, **values)
            mobility.full_clean()
            mobility.save()


def export_file(resource, table_format):
    return write_sheets(resource().export_sheets(), table_format)


def count_mobilities():
    """Return how many mobilities there are of each agreement and values."""
    return Counter(Mobility.objects.values_list("agreement", *NEW_MOBILITY))


@pytest.mark.slow
@few_examples
@given(offers)
def test_export_of_mobilities_imported_again_is_no_change(db, offers):
    with rolled_back():
        create_offers(offers)
        before = database_contents()

        results = [import_content(export_file(*file)) for file in FILES]

        assert [list(result.error_lines()) for result in results] == [[]] * len(FILES)
        assert [(result.new, result.changed) for result in results] == [([], [])] * len(FILES)
        assert database_contents() == before


@pytest.mark.slow
@few_examples
@given(offers, st.sampled_from(FILES), st.integers())
def test_export_of_mobilities_brings_back_what_was_deleted(db, offers, file, seed):
    with rolled_back():
        create_offers(offers)
        before, content = count_mobilities(), export_file(*file)
        lost = random.Random(seed).sample(list(Mobility.objects.all()), k=seed % (Mobility.objects.count() + 1))  # noqa: S311
        Mobility.objects.filter(pk__in=[mobility.pk for mobility in lost]).delete()

        import_content(content)

        assert count_mobilities() == before
