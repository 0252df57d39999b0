"""Adding documents in a form: several files at once, each told what is wrong with it."""

import logging

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.file_types import EXTENSIONS
from partners.models import Document
from partners.name_normalization import normalize_name

logger = logging.getLogger(__name__)
ACCEPT = ",".join(ending for endings in EXTENSIONS.values() for ending in endings)


class FileStorageError(ValidationError):
    """A file that the server has no room for, or does not get to where it keeps them."""

    def __init__(self, name, error, document=None):
        self.document = document
        message = _(
            "The server could not keep “%(name)s” (%(why)s). Nothing is saved. "
            "Tell whoever looks after the server, and choose it again after that."
        )
        super().__init__(message, "not kept", {"name": name, "why": error_text(error)})


class MultipleFileInput(forms.FileInput):
    allow_multiple_selected = True


class MultipleDocumentField(forms.FileField):
    """Cleans uploads to documents that are not saved yet, one for each content."""

    widget = MultipleFileInput({"accept": ACCEPT})

    def __init__(self, **kwargs):
        takes = gettext_lazy("PDF, DOCX, ODT, PNG or JPEG, up to {} MB each. You can choose several at once.")
        told = {"help_text": format_lazy(takes, settings.DOCUMENT_MAX_MB)}
        super().__init__(**{"required": False} | told | kwargs)

    def clean(self, uploads, initial=None):
        documents, errors = {}, []
        for upload in uploads or ():
            try:
                document = Document.of(upload)
                documents.setdefault(document.sha256, document)
            except ValidationError as error:
                errors.append(error)
            except OSError as error:
                errors.append(FileStorageError(normalize_name(upload.name), error))
        if errors:
            raise ValidationError(errors)
        return list(documents.values())

    def has_changed(self, initial, data):
        return bool(data)


def store_files(documents):
    """Writes the files of documents that are about to be saved: all of them, or none. Raises NotKeptError.

    Each kind of storage fails in errors of its own.
    """
    for place, document in enumerate(documents):
        try:
            document.file.save(document.name, document.file.file, save=False)
        except Exception as error:
            logger.error("A document cannot be kept: %s", error)
            for kept in documents[:place]:
                kept.file.storage.delete(kept.file.name)
            raise FileStorageError(document.name, error, document) from error


def error_text(error):
    """In a few words, for whoever looks after the server."""
    return getattr(error, "strerror", None) or type(error).__name__


def reject_duplicates(documents, known):
    """Raises an error if one of the documents has one of the checksums that an agreement has already."""
    for document in documents:
        if document.sha256 in known:
            message = _("“%(name)s” is among its documents already. Leave it out.")
            raise ValidationError(message, "known", {"name": document.name})


def reselect_message(form, name):
    """Which files to choose again, as a browser forgets them when a page comes back. Empty if there are none."""
    chosen = (
        [normalize_name(upload.name) for upload in form.files.getlist(form.add_prefix(name))] if form.is_bound else []
    )
    refused = {error.params["name"] for error in form.errors.as_data().get(name, ())}
    again = [_("“%s”") % each for each in chosen if each not in refused]
    message = _("Nothing is saved yet, and the browser has forgotten %s. Choose again.")
    return message % get_text_list(again, _("and")) if again else ""
