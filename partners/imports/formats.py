"""Formats of django-import-export for the table files."""

from django.utils.translation import gettext_lazy as _
from import_export.formats.base_formats import Format

from partners.tables.writing import write_sheets


class ExportFormat(Format):
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
        return write_sheets(dataset, self.name)


class TSV(ExportFormat):
    name = "tsv"
    title = _("TSV (text with tabs, as the office passes it around)")
    content_type = "text/tab-separated-values; charset=utf-8"


class CSV(ExportFormat):
    name = "csv"
    title = _("CSV")
    content_type = "text/csv; charset=utf-8"


class XLSX(ExportFormat):
    name = "xlsx"
    title = _("XLSX (Excel)")
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ODS(ExportFormat):
    name = "ods"
    title = _("ODS (LibreOffice)")
    content_type = "application/vnd.oasis.opendocument.spreadsheet"


EXPORT_FORMATS = [TSV, CSV, XLSX, ODS]
