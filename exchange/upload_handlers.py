"""Files on their way from a browser."""

import logging
from contextlib import suppress
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

logger = logging.getLogger("exchange.upload_handlers")


class FailedUpload(UploadedFile):
    """One for which there was no room. Whoever reads it meets the error that writing it met."""

    def __init__(self, error, **about):
        super().__init__(BytesIO(), **about)
        self.error = error

    def open(self, *args):
        raise self.error

    read = chunks = open


class FaultTolerantUploadHandler(TemporaryFileUploadHandler):
    """Takes in the rest of a form where there is no room for a file of it, so that the form can say so."""

    def new_file(self, *args, **kwargs):
        self.error = None
        vars(self).pop("file", None)
        self._try(super().new_file, *args, **kwargs)

    def receive_data_chunk(self, raw_data, start):
        if not self.error:
            self._try(super().receive_data_chunk, raw_data, start)

    def file_complete(self, file_size):
        file = None if self.error else self._try(super().file_complete, file_size)
        return file or FailedUpload(self.error, name=self.file_name, content_type=self.content_type, size=file_size)

    def _try(self, step, *args, **kwargs):
        try:
            return step(*args, **kwargs)
        except OSError as error:
            self.error = error
            logger.error("An upload cannot be taken in: %s", error)
            with suppress(OSError):
                self.upload_interrupted()
