"""A form field for uploading several documents at once, with an error for each file."""

import logging

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from partners.file_types import EXTENSIONS
from partners.models import Document
from partners.name_normalization import normalize_name

logger = logging.getLogger(__name__)
ACCEPT = ",".join(extension for extensions in EXTENSIONS.values() for extension in extensions)


class FileStorageError(ValidationError):
    """The storage backend failed to save a file, for example because the disk is full."""

    def __init__(self, name, error, document=None):
        self.document = document
        message = _(
            "The server could not keep “%(name)s” (%(why)s). Nothing is saved. "
            "Tell whoever looks after the server, and choose it again after that."
        )
        super().__init__(message, "storage_failed", {"name": name, "why": error_text(error)})


class MultipleFileInput(forms.FileInput):
    allow_multiple_selected = True


class MultipleDocumentField(forms.FileField):
    """Clean uploads to unsaved documents, without those of equal content."""

    widget = MultipleFileInput({"accept": ACCEPT})

    def has_changed(self, initial, data):
        return bool(data)

    def clean(self, uploads, initial=None):
        documents, errors = {}, []
        for upload in uploads or ():
            try:
                document = read_document(upload)
                documents.setdefault(document.sha256, document)
            except ValidationError as error:
                errors.append(error)
        if errors:
            raise ValidationError(errors)
        return list(documents.values())


def read_document(upload):
    """Return an unsaved document. Raise ValidationError for a file that can be none, or that could not be received."""
    try:
        return Document.from_upload(upload)
    except OSError as error:
        raise FileStorageError(normalize_name(upload.name), error) from error


def store_files(documents):
    """Write the files of unsaved documents, all or none. Raise FileStorageError.

    Storage backends have no common exception, so every one is caught.
    """
    for index, document in enumerate(documents):
        try:
            document.file.save(document.name, document.file.file, save=False)
        except Exception as error:
            logger.error("A document cannot be stored: %s", error)
            delete_files(documents[:index])
            raise FileStorageError(document.name, error, document) from error


def delete_files(documents):
    """Delete the stored files of unsaved documents."""
    for document in documents:
        document.file.storage.delete(document.file.name)


def error_text(error):
    return getattr(error, "strerror", None) or type(error).__name__


def reject_duplicates(documents, known_checksums):
    """Raise ValidationError for a document with one of the SHA-256 checksums."""
    for document in documents:
        if document.sha256 in known_checksums:
            message = _("“%(name)s” is among its documents already. Leave it out.")
            raise ValidationError(message, "duplicate", {"name": document.name})


def reselect_message(form, field_name):
    """Return a message that names the valid files to choose again, or an empty string.

    Browsers do not keep the files of a form that is displayed again.
    """
    uploads = form.files.getlist(form.add_prefix(field_name)) if form.is_bound else []
    file_names = [normalize_name(upload.name) for upload in uploads]
    rejected = {error.params["name"] for error in form.errors.as_data().get(field_name, ())}
    valid = [_("“%s”") % file_name for file_name in file_names if file_name not in rejected]
    message = _("Nothing is saved yet, and the browser has forgotten %s. Choose again.")
    return message % get_text_list(valid, _("and")) if valid else ""
