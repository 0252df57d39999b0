from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AgreementStatus(TextChoices):
    IN_PROCESS = "in_process", _("in process")
    SIGNED = "signed", _("signed")
    ENDED = "ended", _("ended")


class StudyLevel(TextChoices):
    """The cycles of the European Higher Education Area."""

    SHORT_CYCLE = "short_cycle", _("short cycle")
    BACHELOR = "bachelor", _("bachelor")
    MASTER = "master", _("master")
    DOCTORAL = "doctoral", _("doctoral")
