"""The page of the statistics, and its workbook."""

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.admin.filters import agreement_changelist_url
from partners.admin.form_fields import DAY_VALIDATORS, DateField
from partners.admin.statistics.in_force import in_force_tables, places_tables
from partners.admin.statistics.notes import describe_in_force, list_notes
from partners.admin.statistics.years import count_by_year, ends_table, year_tables
from partners.imports.formats import XLSX
from partners.models import Agreement, OfficeSettings
from partners.periods import first_year_of, short_academic_year
from partners.permissions import can_view_agreements
from partners.querysets import UPCOMING
from partners.tables.writing import write_sheets


class StatisticsForm(forms.Form):
    on = DateField(label=gettext_lazy("In force on"), validators=DAY_VALIDATORS)
    year = forms.TypedChoiceField(label=gettext_lazy("Academic year of signatures and ends"), coerce=int)

    def __init__(self, data, years):
        super().__init__(data, label_suffix="")
        self.fields["year"].choices = [(year, short_academic_year(year)) for year in sorted(years, reverse=True)]


def build_report(data, today):
    """Return the numbers of the day and the academic year in a query, those of today in place of invalid ones."""
    counts, current_year = count_by_year(), first_year_of(today, settings.ACADEMIC_YEAR_START)
    years = {current_year} | {year for year, _slug, _name in counts}
    form = StatisticsForm({"on": today.isoformat(), "year": current_year} | data, years)
    form.full_clean()
    on, year = form.cleaned_data.get("on") or today, form.cleaned_data.get("year") or current_year
    return {
        "form": form,
        "on": on,
        "tables": [*in_force_tables(on), *places_tables(on), *year_tables(counts, year), ends_table(today)],
        "summary": describe_in_force(on),
        "notes": list_notes(on),
    }


def statistics_view(request, site):
    if not can_view_agreements(request.user):
        raise PermissionDenied
    today = localdate()
    context = site.each_context(request) | {
        "title": _("Statistics"),
        "report": build_report(request.GET.dict(), today),
        "upcoming_count": Agreement.objects.upcoming(today).count(),
        "upcoming_url": agreement_changelist_url(status=UPCOMING),
    }
    return TemplateResponse(request, "admin/partners/statistics/statistics.html", context)


def statistics_file_view(request, site):
    """Return the tables as a workbook, or the page with the errors of the query."""
    if not can_view_agreements(request.user):
        raise PermissionDenied
    report = build_report(request.GET.dict(), localdate())
    if report["form"].errors:
        return redirect(reverse("admin:statistics", query=request.GET))
    office = OfficeSettings.objects.current().display_name
    about = [[_("Statistics"), office], [_("Day"), report["on"]], ["", report["summary"]]]
    sheets = {_("About"): about + [["", str(note)] for note, _url in report["notes"]]}
    for table in report["tables"]:
        rows = [[row.label, *(cell.number for cell in row.cells)] for row in [*table.rows, *table.sums]]
        sheets[table.sheet] = [table.headings, *rows]
    headers = {"Content-Disposition": f'attachment; filename="statistics-{report["on"]}.xlsx"'}
    return HttpResponse(write_sheets(sheets, "xlsx"), XLSX.content_type, headers=headers)
