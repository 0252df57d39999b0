"""Where the documents are kept, unless they are in S3."""

from contextlib import suppress

from django.core.files.storage import FileSystemStorage


class CleanupFileSystemStorage(FileSystemStorage):
    """Keeps nothing of a file for which there is no room."""

    def _save(self, name, content):
        try:
            return super()._save(name, content)
        except OSError:
            with suppress(OSError):
                self.delete(name)
            raise
