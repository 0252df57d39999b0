import logging
from contextlib import contextmanager, suppress
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

logger = logging.getLogger("exchange.upload_handlers")


class FailedUpload(UploadedFile):
    """An upload that could not be stored. Reading it raises the OSError that writing it raised."""

    def __init__(self, error, **kwargs):
        super().__init__(BytesIO(), **kwargs)
        self.error = error

    def open(self, *args):
        raise self.error

    read = chunks = open


class FaultTolerantUploadHandler(TemporaryFileUploadHandler):
    """Turn a file that cannot be stored into a FailedUpload, so that the form can report it at its field."""

    def new_file(self, *args, **kwargs):
        self.error = None
        if hasattr(self, "file"):  # of the field before, which upload_interrupted() would delete
            del self.file
        with self._keep_error():
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data, start):
        if not self.error:
            with self._keep_error():
                super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size):
        if not self.error:
            with self._keep_error():
                return super().file_complete(file_size)
        return FailedUpload(self.error, name=self.file_name, content_type=self.content_type, size=file_size)

    @contextmanager
    def _keep_error(self):
        try:
            yield
        except OSError as error:
            self.error = error
            logger.error("An upload cannot be received: %s", error)
            with suppress(OSError):
                self.upload_interrupted()
