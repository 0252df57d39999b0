"""The record of what was imported."""

import hashlib
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

UNDO_REASON_PREFIX = "undo of import run "
UNCONFIRMED_RETENTION = timedelta(days=7)


class ImportRunQuerySet(models.QuerySet):
    def accepted(self):
        return self.filter(accepted_at__isnull=False)

    def abandoned(self):
        return self.filter(accepted_at=None, uploaded_at__lt=now() - UNCONFIRMED_RETENTION)


class ImportRun(models.Model):
    """A file that was uploaded and, once it is accepted, the import of it.

    The file is kept in the database, so that whichever process confirms an import finds what
    another one previewed, and so that a backup of the database has it.
    """

    token = models.UUIDField(unique=True, default=uuid4, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField()
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=now)
    accepted_at = models.DateTimeField(_("imported"), null=True)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by")
    )

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-accepted_at", "-pk"]
        verbose_name = _("import run")
        verbose_name_plural = _("import runs")

    def __str__(self):
        return _("Import run %(number)d: %(file)s") % {"number": self.pk, "file": self.file_name}

    @classmethod
    def of(cls, content, file_name, **values):
        """Of a file name what can be printed, and of a long one its end."""
        name = "".join(filter(str.isprintable, file_name))[-cls._meta.get_field("file_name").max_length :]
        return cls(content=content, sha256=hashlib.sha256(content).hexdigest(), file_name=name, **values)

    def accept(self, **counts):
        self.accepted_at = now()
        for name, count in counts.items():
            setattr(self, name, count)
        self.save()

    @property
    def reason(self):
        """What history gives as the reason for the changes."""
        return f"import run {self.pk}: {self.file_name}"[:100]

    @property
    def undo_reason(self):
        return f"{UNDO_REASON_PREFIX}{self.pk}: {self.file_name}"[:100]


class ImportRunHistory(models.Model):
    """History that knows which import run a change belongs to, if any."""

    import_run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True
