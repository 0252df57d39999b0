"""Create and verify data directly in the database of a served site.

``python -m bench.consistency_check COMMAND`` runs with the site's settings and prints JSON: ``coordinators COUNT``
creates accounts with a university and an agreement each, ``pages COUNT`` lists URL paths of universities, and ``lost``
reads confirmed saves from standard input and lists those that are not in the database.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from bench.measure import ROOT, InvalidMeasurementError

PASSWORD = "for measuring only"  # noqa: S105


def run_check(environment: Mapping[str, str], *arguments: str, stdin_data=None):
    """Run a command in a process with the site's environment. Raise InvalidMeasurementError if it fails."""
    completed = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.consistency_check", *arguments],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "exchange.settings"},
        input=json.dumps(stdin_data),
        capture_output=True,
        text=True,
    )
    if completed.returncode:
        raise InvalidMeasurementError(f"The consistency check failed: {completed.stderr[-400:]}")
    return json.loads(completed.stdout)


def create_coordinators(count):
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User

    from partners.groups import Role, get_group

    group, password = get_group(Role.COORDINATOR), make_password(PASSWORD)
    accounts = []
    for _ in range(int(count)):
        name = f"coordinator-{User.objects.count()}"
        user = User.objects.create(username=name, password=password, is_staff=True)
        user.groups.add(group)
        accounts.append({"name": user.username, "password": PASSWORD} | _create_objects_of(user))
    return accounts


def _create_objects_of(user):
    from partners.models import Agreement, AgreementType, Country, University

    country, agreement_type = Country.objects.get(code="DE"), AgreementType.objects.get(slug="bilateral")
    university = University.objects.create(name=f"University of {user.username}", country=country)
    agreement = Agreement.objects.create(university=university, agreement_type=agreement_type, responsible=user)
    return {"university": university.pk, "page": university.get_absolute_url(), "agreement": agreement.pk}


def list_pages(count):
    from partners.models import University

    return [university.get_absolute_url() for university in University.objects.order_by("pk")[: int(count)]]


def find_lost_saves():
    """Return saves missing in the history, and last saves of a field missing in the register.

    A save is a list of model name, pk, field name and value.
    """
    saves = json.load(sys.stdin)
    last_values = {(model, pk, field): value for model, pk, field, value in saves}
    lost = [save for save in saves if not _exists("history", *save)]
    return lost + [[*key, value] for key, value in last_values.items() if not _exists("objects", *key, value)]


def _exists(manager_name, model, pk, field, value):
    from django.apps import apps

    manager = getattr(apps.get_model("partners", model), manager_name)
    return manager.filter(id=pk, **{field: value}).exists()


COMMANDS = {"coordinators": create_coordinators, "pages": list_pages, "lost": find_lost_saves}

if __name__ == "__main__":
    import django

    django.setup()
    json.dump(COMMANDS[sys.argv[1]](*sys.argv[2:]), sys.stdout)
