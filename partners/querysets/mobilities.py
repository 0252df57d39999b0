"""QuerySet of mobilities."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from partners.enums import Direction, MobilityKind
from partners.wanted_offer import in_academic_year_q

STUDENT_KINDS = [kind for kind in MobilityKind if kind.is_for_students]


def student_mobility_q(year: int, prefix: str = "") -> Q:
    """Return the condition that a mobility is of students, and in the academic year that begins in this year."""
    return Q(**{f"{prefix}kind__in": STUDENT_KINDS}) & in_academic_year_q(year, prefix)


class MobilityQuerySet(QuerySet):
    def outgoing_studies(self) -> MobilityQuerySet:
        return self.filter(direction=Direction.OUT, kind=MobilityKind.STUDENT_STUDIES)

    def public(self) -> MobilityQuerySet:
        """Filter to those that students see: outgoing ones of students. Studies come before traineeships."""
        return self.filter(direction=Direction.OUT, kind__in=STUDENT_KINDS).order_by("kind", "pk")
