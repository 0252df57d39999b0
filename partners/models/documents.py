"""Files attached to agreements, such as the signed text."""

import hashlib
from functools import partial
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import models, transaction
from django.db.models import Q, UniqueConstraint
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from partners import file_types
from partners.file_types import MAX_NAME_LENGTH, FileType
from partners.models.accounts import ProtectingHistory
from partners.models.agreements import Agreement
from partners.name_normalization import normalize_name
from partners.querysets import DocumentQuerySet


def document_storage():
    return storages["documents"]


def random_storage_name(document, file_name):
    return uuid4().hex


class Document(models.Model):
    """A file of an agreement. Its content never changes: a corrected file is another document."""

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="documents", verbose_name=_("agreement"), editable=False
    )
    file = models.FileField(_("file"), storage=document_storage, upload_to=random_storage_name, editable=False)
    name = models.CharField(
        _("name"), max_length=MAX_NAME_LENGTH, editable=False, validators=[file_types.validate_file_name]
    )
    file_type = models.CharField(_("kind"), max_length=4, choices=FileType, editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    added_at = models.DateTimeField(_("added"), default=now, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )
    is_withdrawn = models.BooleanField(
        _("withdrawn"), default=False, help_text=_("It counts no longer, and stays here for the record.")
    )

    objects = DocumentQuerySet.as_manager()
    history = ProtectingHistory(excluded_fields=["file"])

    class Meta:
        ordering = ["is_withdrawn", "-added_at", "-pk"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            UniqueConstraint(
                fields=["agreement", "sha256"],
                condition=Q(is_withdrawn=False),
                name="document_unique_in_agreement",
                violation_error_message=_("The agreement has this document already."),
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if not self.file:
            raise ValidationError(_("Its file was deleted with it. Add it to the agreement anew."))

    @classmethod
    def from_upload(cls, upload, **values):
        """Return an unsaved document. Raise ValidationError for a file that is too large or of an unsupported type."""
        name = normalize_name(upload.name)
        file_types.validate_file_name(name)
        file_types.validate_file_size(name, upload.size, settings.DOCUMENT_MAX_MB)
        content = upload.open().read()
        file_type = file_types.validate_document_type(name, content)
        sha256 = hashlib.sha256(content).hexdigest()
        return cls(
            file=ContentFile(content, name), name=name, file_type=file_type, size=len(content), sha256=sha256, **values
        )

    def attach_to(self, agreement, user, reason):
        self.agreement, self.added_by, self._change_reason = agreement, user, reason
        self.save()


@receiver(post_delete, sender=Document)
def delete_file(instance, **kwargs):
    """Delete the file after commit. One that cannot be deleted then is left to ``delete_orphaned_documents``."""
    transaction.on_commit(partial(instance.file.delete, save=False), robust=True)
