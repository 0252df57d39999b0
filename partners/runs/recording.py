"""Recording an action on many objects as a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.dispatch import receiver
from django.utils.timezone import now
from simple_history.signals import pre_create_historical_record

from partners.history.entries import ADDED
from partners.models import Agreement, Mobility, Run, University
from partners.models.renewals import EFFECT_OF_RENEWAL
from partners.models.runs import RunAction, RunHistory

_recorded_run: ContextVar[Run | None] = ContextVar("recorded_run", default=None)


@contextmanager
def record_run(action: RunAction, user: AbstractBaseUser | None) -> Iterator[Run]:
    """Save a run, to which the history rows of all models that are saved in the block belong, in one transaction.

    Bulk writes need it in their ChangeContext. The block has to change something.
    """
    with transaction.atomic():
        run = Run.objects.create(action=action, user=user)
        token = _recorded_run.set(run)
        try:
            yield run
        finally:
            _recorded_run.reset(token)
        run.new_count, run.changed_count = _count_objects(run)
        run.accepted_at = now()
        run.save()


@receiver(pre_create_historical_record)
def set_run(history_instance, **kwargs):
    if isinstance(history_instance, RunHistory):
        history_instance.run = _recorded_run.get()


def _count_objects(run: Run) -> tuple[int, int]:
    """Return the numbers of universities and agreements that the run has added, and that it has changed.

    A change of mobilities counts as one of their agreement. Effects of a renewal on other agreements do not count.
    """
    added, changed = set(), set()
    for model in (University, Agreement):
        records = model.history.filter(run=run).exclude(EFFECT_OF_RENEWAL)
        for pk, history_type in records.values_list("id", "history_type"):
            (added if history_type == ADDED else changed).add((model, pk))
    mobilities = Mobility.history.filter(run=run).values_list("agreement_id", flat=True)
    changed.update((Agreement, pk) for pk in mobilities)
    return len(added), len(changed - added)
