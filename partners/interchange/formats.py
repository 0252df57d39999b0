"""The table files as formats of django-import-export."""

from django.utils.translation import gettext_lazy as _
from import_export.formats.base_formats import Format

from partners.interchange import tables
from partners.interchange.resources import COLUMNS


class TableFile(Format):
    """Any table that can be read: what it is, its content tells."""

    def __init__(self, encoding=None):
        """django-import-export names an encoding, which the file itself knows better."""

    def get_title(self):
        return _("Table (TSV or CSV)")

    def create_dataset(self, in_stream):
        return tables.read(in_stream, COLUMNS)

    def can_import(self):
        return True


class _Export(Format):
    name = title = content_type = ""

    def get_title(self):
        return self.title

    def get_extension(self):
        return self.name

    def get_content_type(self):
        return self.content_type

    def can_export(self):
        return True

    def export_data(self, dataset, **kwargs):
        return tables.write(dataset, self.name)


class TSV(_Export):
    name = "tsv"
    title = _("TSV (text with tabs, as the office passes it around)")
    content_type = "text/tab-separated-values; charset=utf-8"


class CSV(_Export):
    name = "csv"
    title = _("CSV (for Excel and LibreOffice)")
    content_type = "text/csv; charset=utf-8"


EXPORTS = [TSV, CSV]
