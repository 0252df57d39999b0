from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class StatusProperties:
    """Properties of an agreement's status. The defaults are those of a status that only the office sees."""

    is_open: bool = True
    """The agreement belongs to the office's list and to what a university has. False: it is of the past."""
    public_label: str | Promise | None = None
    """The label on the public pages. Empty: students do not see it."""
    next_actions: tuple[str, ...] = ("end",)
    """Names of the office's actions on one agreement that the status allows, the most likely first."""


class AgreementStatus(TextChoices):
    """The stored status of an agreement.

    Each member is a value, its StatusProperties and a label. Another status is another line and a migration,
    as code asks the properties and compares only where the rule is about that one status.
    """

    IN_PROCESS = (
        "in_process",
        StatusProperties(public_label=_("In process, not open yet"), next_actions=("sign", "end")),
        _("in process"),
    )
    SIGNED = (
        "signed",
        StatusProperties(public_label=_("In force"), next_actions=("renew", "end")),
        _("signed"),
    )
    ENDED = "ended", StatusProperties(is_open=False, next_actions=()), _("ended")

    def __new__(cls, value: str, properties: StatusProperties) -> AgreementStatus:
        status = str.__new__(cls, value)
        status._value_ = value
        status.is_open = properties.is_open
        status.is_public = properties.public_label is not None
        status.public_label = properties.public_label
        status.next_actions = properties.next_actions
        return status

    @property
    def word(self) -> str:
        """The word in the register's files. It is not translated, so that any language setting can import it."""
        return self.value.replace("_", " ")

    @property
    def qualifier(self) -> str:
        """The word after an agreement type in the office's list; empty for signed ones, which stand there without."""
        return self.word if self.is_open and self != AgreementStatus.SIGNED else ""

    @property
    def slug(self) -> str:
        """The name in URLs and in JSON, where signed ones have one of two names by their dates instead."""
        return self.value.replace("_", "-")


class StudyLevel(TextChoices):
    """The cycles of the European Higher Education Area."""

    SHORT_CYCLE = "short_cycle", _("short cycle")
    BACHELOR = "bachelor", _("bachelor")
    MASTER = "master", _("master")
    DOCTORAL = "doctoral", _("doctoral")


class Direction(TextChoices):
    """The direction of a mobility, as seen from our university."""

    OUT = "out", _("out")
    IN = "in", _("in")


class MobilityKind(TextChoices):
    """The kinds of mobility of Erasmus Without Paper's agreements."""

    STUDENT_STUDIES = "student_studies", _("student studies")
    STUDENT_TRAINEESHIP = "student_traineeship", _("student traineeship")
    STAFF_TEACHING = "staff_teaching", _("staff teaching")
    STAFF_TRAINING = "staff_training", _("staff training")

    @property
    def word(self) -> str:
        """The word in files. It is not translated."""
        return self.value.replace("_", " ")

    @property
    def is_for_students(self) -> bool:
        """True for mobilities of students, whose duration is in months. That of staff is in days."""
        return self.value.startswith("student")
