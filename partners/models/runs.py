import hashlib
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

UNDO_REASON_PREFIX = "undo of run "
# Long enough to confirm a preview after a weekend.
UNCONFIRMED_RETENTION = timedelta(days=7)


class RunAction(models.TextChoices):
    """Actions that change many objects at once. They are listed as runs, and can be undone.

    Each member is a value, the word for what has been done, and a label.
    """

    IMPORT = "import", _("Imported"), _("import")
    SIGN = "sign", _("Signed"), _("signing")
    RENEW = "renew", _("Renewed"), _("renewal")
    END = "end", _("Ended"), _("ending")
    EDIT = "edit", _("Edited together"), _("editing together")
    IDENTIFY = "identify", _("Identified"), _("identifying partners")

    def __new__(cls, value, done_label):
        action = str.__new__(cls, value)
        action._value_ = value
        action.done_label = done_label
        return action


class ImportTable(models.TextChoices):
    """The kinds of tables that an import reads."""

    LIST = "list", _("the office's list")
    REGISTER = "register", _("the register")
    MOBILITIES = "mobilities", _("mobilities")


class RunQuerySet(models.QuerySet):
    def accepted(self):
        return self.filter(accepted_at__isnull=False)

    def expired_unconfirmed(self):
        return self.filter(accepted_at=None, uploaded_at__lt=now() - UNCONFIRMED_RETENTION)


class Run(models.Model):
    """One action that changed many objects at once, such as an import: who, when, and what can be undone.

    An import begins as an uploaded file, and becomes a run once it is accepted. The file is stored in the database, so
    that one process can confirm what another has previewed, and so that backups contain it. Other actions have none.
    """

    action = models.CharField(_("action"), max_length=10, choices=RunAction, default=RunAction.IMPORT)
    table = models.CharField(_("table"), max_length=10, choices=ImportTable, blank=True)
    """The kind of table that an import read. Empty for other actions."""
    token = models.UUIDField(unique=True, default=uuid4, editable=False)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    content = models.BinaryField(default=bytes)
    read_options = models.JSONField(default=dict, editable=False)
    """Choices of the user on how to read the file: the fields of ReadOptions."""
    choices = models.JSONField(default=dict, editable=False)
    """Answers of the user to the questions of the preview."""
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=now)
    accepted_at = models.DateTimeField(_("done"), null=True)
    new_count = models.PositiveIntegerField(_("new"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by")
    )

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-accepted_at", "-pk"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self):
        return _("Run %(number)d: %(what)s") % {"number": self.pk, "what": self.title}

    @classmethod
    def from_upload(cls, content, file_name, **values):
        """Return an unsaved run. The file name is stripped of unprintable characters and cut to its end."""
        name = "".join(filter(str.isprintable, file_name))[-cls._meta.get_field("file_name").max_length :]
        return cls(content=content, sha256=hashlib.sha256(content).hexdigest(), file_name=name, **values)

    @property
    def title(self):
        """The name of the file, or the action."""
        return self.file_name or self.get_action_display()

    @property
    def subject(self):
        """The name of the file, or how many agreements or universities the action changed."""
        if self.file_name:
            return self.file_name
        count = self.new_count + self.changed_count
        if self.action == RunAction.IDENTIFY:
            return ngettext("%d university", "%d universities", count) % count
        return ngettext("%d agreement", "%d agreements", count) % count

    @property
    def is_import(self):
        return self.action == RunAction.IMPORT

    @property
    def done_label(self):
        return RunAction(self.action).done_label

    @property
    def history_reason(self):
        return f"run {self.pk}: {self.title}"[:100]

    @property
    def undo_history_reason(self):
        return f"{UNDO_REASON_PREFIX}{self.pk}: {self.title}"[:100]


class RunHistory(models.Model):
    """Base of history models: the run that a change belongs to, if any."""

    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True
