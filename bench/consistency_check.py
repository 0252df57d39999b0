"""What only a site's own database can do or tell, asked in a process of its own with the site's settings.

``coordinators NUMBER`` makes accounts that have a university and an agreement each, ``pages NUMBER`` tells where
universities are, and ``lost`` reads what was confirmed and tells what of it is not there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from bench.measure import ROOT, WorkNotDoneError

PASSWORD = "for measuring only"  # noqa: S105


def asked(environment: Mapping[str, str], *arguments: str, told=None):
    """Asks the witness of a site. Raises WorkNotDoneError when it fails."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.consistency_check", *arguments],
        cwd=ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "exchange.settings"},
        input=json.dumps(told),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise WorkNotDoneError(f"The witness fails: {done.stderr[-400:]}")
    return json.loads(done.stdout)


def coordinators(number):
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group, User

    group, password = Group.objects.get(name="Exchange coordinators"), make_password(PASSWORD)
    accounts = []
    for _ in range(int(number)):
        name = f"coordinator-{User.objects.count()}"
        user = User.objects.create(username=name, password=password, is_staff=True)
        user.groups.add(group)
        accounts.append({"name": user.username, "password": PASSWORD} | _own(user))
    return accounts


def _own(user):
    from partners.models import Agreement, AgreementType, Country, University

    country, kind = Country.objects.get(code="DE"), AgreementType.objects.get(slug="bilateral")
    university = University.objects.create(name=f"University of {user.username}", country=country)
    agreement = Agreement.objects.create(university=university, agreement_type=kind, responsible=user)
    return {"university": university.pk, "page": university.get_absolute_url(), "agreement": agreement.pk}


def pages(number):
    from partners.models import University

    return [university.get_absolute_url() for university in University.objects.order_by("pk")[: int(number)]]


def lost():
    """Each value that was confirmed has to be in the history, and the last one of a field in the register."""
    confirmed = json.load(sys.stdin)
    last = {(model, pk, name): value for model, pk, name, value in confirmed}
    gone = [each for each in confirmed if not _has("history", *each)]
    return gone + [[*field, value] for field, value in last.items() if not _has("objects", *field, value)]


def _has(where, model, pk, name, value):
    from django.apps import apps

    rows = getattr(apps.get_model("partners", model), where)
    return rows.filter(id=pk, **{name: value}).exists()


if __name__ == "__main__":
    import django

    django.setup()
    json.dump({"coordinators": coordinators, "pages": pages, "lost": lost}[sys.argv[1]](*sys.argv[2:]), sys.stdout)
