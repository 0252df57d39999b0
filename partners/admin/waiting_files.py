"""Files that have been uploaded and wait until it is chosen which agreements they are of.

They are in the storage of documents already, and the page names them in a signed text. ``delete_orphaned_documents``
deletes those that are never kept, like any file without a document.
"""

from datetime import timedelta
from typing import NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.admin.document_fields import read_document, store_files
from partners.file_types import FileType
from partners.models import Document

SALT = "partners.waiting-files"
WAITING_TIME = timedelta(hours=20)
"""Less than the day for which ``delete_orphaned_documents`` leaves a file alone."""


class WaitingFile(NamedTuple):
    """The fields of an unsaved document whose file is stored."""

    file: str
    """The name in the storage."""
    name: str
    file_type: str
    size: int
    sha256: str

    @property
    def file_type_label(self):
        return FileType(self.file_type).label


def store_waiting_files(uploads):
    """Store the files that can be documents. Return them, and a message for each of the others.

    The files are read one at a time, as all of them may need more memory than there is. If the storage fails, none is
    stored, and FileStorageError is raised.
    """
    waiting, messages = {}, []
    try:
        for upload in uploads:
            try:
                document = read_document(upload)
            except ValidationError as error:
                messages += error.messages
                continue
            if document.sha256 in waiting:
                names = {"copy": document.name, "name": waiting[document.sha256].name}
                messages.append(_("“%(copy)s” is the same file as “%(name)s”, which is here once.") % names)
                continue
            store_files([document])
            values = (str(getattr(document, name)) for name in ("file", "name", "file_type"))
            waiting[document.sha256] = WaitingFile(*values, document.size, document.sha256)
    except ValidationError:
        delete_files(waiting.values())
        raise
    return list(waiting.values()), messages


def delete_files(files):
    for file in files:
        Document.file.field.storage.delete(file.file)


def dump_files(files, user):
    """Return a signed text that names the files, for the form of this user."""
    return signing.dumps([user.pk, [list(file) for file in files]], salt=SALT, compress=True)


def load_files(text, user):
    """Return the files of a signed text. Raise BadSignature if it is another user's, too old, or no such text."""
    pk, files = signing.loads(text, salt=SALT, max_age=WAITING_TIME)
    if pk != user.pk:
        raise signing.BadSignature
    return [WaitingFile(*values) for values in files]
