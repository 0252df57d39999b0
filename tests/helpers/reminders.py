"""An agreement that ends on a day, and the day of the tests of reminders."""

from datetime import date

from tests.helpers.factories import AgreementFactory

TODAY = date(2026, 11, 24)
OFFICE = "exchange@partners.example.edu"


def ending(day, name="Marburg", **values):
    return AgreementFactory(university__name=name, valid_until=day, **values)
