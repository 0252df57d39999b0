import pytest
import time_machine

from tests.helpers.reminders import OFFICE, TODAY


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
