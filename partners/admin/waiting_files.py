"""Files that have been uploaded and wait until it is chosen which agreements they are of.

They are in the storage of documents already, and the page names them in a signed text. ``delete_orphaned_documents``
deletes those that are never kept, like any file without a document.
"""

from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.admin.document_fields import delete_files, read_document, store_files
from partners.models import Document

SALT = "partners.waiting-files"
WAITING_TIME = timedelta(hours=20)
"""Less than the day for which ``delete_orphaned_documents`` leaves a file alone."""


def store_waiting_files(uploads):
    """Store the files that can be documents. Return these, unsaved, and a message for each of the others.

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
            waiting[document.sha256] = document
    except ValidationError:
        delete_files(waiting.values())
        raise
    return list(waiting.values()), messages


def dump_documents(documents, user):
    """Return a signed text of unsaved documents whose files are stored, for the form of this user."""
    rows = [
        [document.file.name, document.name, document.file_type, document.size, document.sha256]
        for document in documents
    ]
    return signing.dumps([user.pk, rows], salt=SALT, compress=True)


def load_documents(text, user):
    """Return the documents of a signed text. Raise BadSignature if it is another user's, too old, or no such text."""
    pk, rows = signing.loads(text, salt=SALT, max_age=WAITING_TIME)
    if pk != user.pk:
        raise signing.BadSignature
    return [
        Document(file=file, name=name, file_type=file_type, size=size, sha256=sha256)
        for file, name, file_type, size, sha256 in rows
    ]
