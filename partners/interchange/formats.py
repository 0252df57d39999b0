"""The table files as formats of django-import-export."""

from django.utils.translation import gettext_lazy as _
from import_export.formats.base_formats import Format

from partners.interchange import tables


class TableFile(Format):
    """Any table: what kind of file it is, its content tells, so that there is nothing to choose.

    It has been read when the upload was checked, by the resource that was chosen.
    """

    def get_title(self):
        return _("TSV, CSV, XLSX or ODS")

    def create_dataset(self, in_stream):
        return in_stream

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
    title = _("CSV")
    content_type = "text/csv; charset=utf-8"


class XLSX(_Export):
    name = "xlsx"
    title = _("XLSX (Excel)")
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ODS(_Export):
    name = "ods"
    title = _("ODS (LibreOffice)")
    content_type = "application/vnd.oasis.opendocument.spreadsheet"


EXPORTS = [TSV, CSV, XLSX, ODS]
