from datetime import date

import pytest
import time_machine

from tests.helpers.factories import AgreementFactory

TODAY = date(2026, 11, 24)
OFFICE = "exchange@partners.example.edu"


@pytest.fixture
def today():
    with time_machine.travel(f"{TODAY}T07:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def ann(coordinator):
    coordinator.email = "ann@example.edu"
    coordinator.save()
    return coordinator


@pytest.fixture
def office_email(settings):
    settings.OFFICE_EMAIL = OFFICE


def ending(day, name="Marburg", **values):
    return AgreementFactory(university__name=name, valid_until=day, **values)
