from contextlib import suppress

from django.core.files.storage import FileSystemStorage


class CleanupFileSystemStorage(FileSystemStorage):
    """Delete a file that could be written only in part, as on a full disk."""

    def _save(self, name, content):
        try:
            return super()._save(name, content)
        except OSError:
            with suppress(OSError):
                self.delete(name)
            raise
