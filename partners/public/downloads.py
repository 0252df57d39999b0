"""Downloads of the list: tables and JSON, filtered by the same parameters as the page."""

from collections import defaultdict
from functools import cache, partial

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter
from partners.agreement_fields import PUBLIC_FIELDS
from partners.enums import AgreementStatus
from partners.imports.formats import CSV, TSV, XLSX
from partners.imports.office_list import COLUMNS
from partners.imports.type_notation import Term, format_terms
from partners.models import Agreement, AgreementType, University
from partners.public.days import RequestedDay
from partners.public.filters import PartnerFilter
from partners.querysets import IN_FORCE, IN_PROCESS
from partners.tables.writing import write_table

TABLE_FORMATS = {table_format.name: table_format for table_format in (TSV, CSV, XLSX)}
FILE_FORMATS = [*TABLE_FORMATS, "json"]
JSON_VERSION = 1
"""Version of the JSON schema in docs/downloads.md. Added fields do not change it."""
CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""Other sites' scripts may read the files and revalidate them by ETag."""
CORS_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
UNIVERSITY_FIELDS = ["pk", "name", "slug", "city", "website", "country__code", "country__name"]
JSON_FIELDS = [field.name for field in PUBLIC_FIELDS if field.in_json]


def download(request, file_format):
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS_PREFLIGHT_HEADERS)
    day = RequestedDay(request.GET.get("on", ""), localdate())
    partner_filter = PartnerFilter(request.GET, University.objects.filter(is_listed=True), on=day.on)
    for name, value in partner_filter.invalid_values:
        message = _(
            "“%(value)s” is no value of “%(name)s”. Filter the list on its page, and copy the file's address there."
        )
        raise InvalidParameter(message % {"name": name, "value": Truncator(value).chars(30)})
    universities = list(partner_filter.qs.values(*UNIVERSITY_FIELDS))
    agreements = _agreements_by_university(partner_filter.unordered_queryset(), day.on)
    render = _render_json if file_format == "json" else partial(_render_table, TABLE_FORMATS[file_format])
    response = render(request, day.on, universities, agreements)
    response.is_cacheable = bool(universities) and partner_filter.is_cacheable
    return response


def _agreements_by_university(universities, on):
    """Return the public fields of the public agreements by university id. Internal fields are not even selected."""
    found = defaultdict(list)
    agreements = Agreement.objects.public(on).filter(university__in=universities.order_by().values("pk"))
    names = ["university", "agreement_type__name", "agreement_type__slug", "status", *JSON_FIELDS]
    for agreement in agreements.ordered_by_type().values(*names):
        found[agreement["university"]].append(agreement)
    return found


def _render_table(file_format, request, on, universities, agreements):
    content = write_table(_rows(universities, agreements), file_format.name)
    headers = {"Content-Disposition": f'attachment; filename="partners.{file_format.name}"'}
    return HttpResponse(content, content_type=file_format.content_type, headers=headers)


def _rows(universities, agreements):
    """Yield the office's list: the header, then one row for each university."""
    positions = {name: position for position, name in enumerate(AgreementType.objects.values_list("name", flat=True))}
    format_cached = cache(partial(format_terms, order=positions))
    yield COLUMNS
    for university in universities:
        terms = tuple(Term(a["agreement_type__name"], a["status"]) for a in agreements[university["pk"]])
        yield university["country__name"], university["name"], format_cached(terms)


def _render_json(request, on, universities, agreements):
    return JsonResponse(
        {
            "version": JSON_VERSION,
            "on": on.isoformat(),
            "universities": [
                {
                    "name": university["name"],
                    "city": university["city"],
                    "country": {"code": university["country__code"], "name": university["country__name"]},
                    "website": university["website"],
                    "page": request.build_absolute_uri(reverse("university", args=[university["slug"]])),
                    "agreements": list(map(serialize_agreement, agreements[university["pk"]])),
                }
                for university in universities
            ],
        }
    )


def serialize_agreement(agreement):
    name, slug = agreement["agreement_type__name"], agreement["agreement_type__slug"]
    return {
        "type": {"slug": slug, "name": name} if name else None,
        "status": IN_PROCESS if agreement["status"] == AgreementStatus.IN_PROCESS else IN_FORCE,
        **{name: agreement[name] for name in JSON_FIELDS},
    }
