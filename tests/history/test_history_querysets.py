"""History rows are in the order of their pks, as those of one bulk write have the same date."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from partners.models import University
from tests.helpers.factories import UniversityFactory


@pytest.fixture
def lahn(db):
    """Return a university with two history rows, of which the second has the earlier date."""
    university = UniversityFactory(name="Marburg", city="Marburg")
    university.city = "Lahn"
    university._history_date = now() - timedelta(days=1)
    university.save()
    return university


def test_with_previous_annotates_values_of_the_row_before(lahn):
    UniversityFactory(name="Trier", city="Trier")
    records = University.history.with_previous("city", "name").order_by("history_id")

    values = list(records.values_list("city", "previous_city", "previous_name"))

    assert values == [("Marburg", None, None), ("Lahn", "Marburg", "Marburg"), ("Trier", None, None)]


def test_latest_of_each_returns_one_row_of_each_object(lahn):
    trier = UniversityFactory(name="Trier", city="Trier")
    trier.delete()

    records = University.history.latest_of_each().order_by("history_id")

    assert list(records.values_list("city", "history_type")) == [("Lahn", "~"), ("Trier", "-")]
