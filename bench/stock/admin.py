from django.contrib import admin
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import TSV

from bench.stock.models import University
from bench.stock.resources import UniversityResource


@admin.register(University)
class UniversityAdmin(ImportExportModelAdmin):
    resource_classes = [UniversityResource]
    formats = [TSV]
