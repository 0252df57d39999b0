"""The list as files, by the same addresses as its page."""

from collections import defaultdict
from functools import cache, partial

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter
from partners import tables
from partners.enums import AgreementStatus
from partners.imports.formats import CSV, TSV, XLSX
from partners.imports.office_list import COLUMNS
from partners.imports.type_notation import Term, format_terms
from partners.models import Agreement, AgreementType, University
from partners.public.days import Day
from partners.public.filters import PartnerFilter
from partners.querysets import IN_FORCE, IN_PROCESS

TABLE_FORMATS = {each.name: each for each in (TSV, CSV, XLSX)}
FILE_FORMATS = [*TABLE_FORMATS, "json"]
JSON_VERSION = 1
"""Of the shape that docs/downloads.md describes. What is added to it does not change it."""
CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
"""Pages of other sites may read the files, and ask with the tag that they have."""
CORS_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
UNIVERSITY_FIELDS = ["pk", "name", "slug", "city", "website", "country__code", "country__name"]
AGREEMENT_FIELDS = ["university", "agreement_type__name", "agreement_type__slug", "status", "valid_from", "valid_until"]


def download(request, file_format):
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS_PREFLIGHT_HEADERS)
    day = Day(request.GET.get("on", ""), localdate())
    partner_filter = PartnerFilter(request.GET, University.objects.filter(is_listed=True), on=day.on)
    for name, value in partner_filter.unknown:
        words = _(
            "“%(value)s” is no value of “%(name)s”. Filter the list on its page, and copy the file's address there."
        )
        raise InvalidParameter(words % {"name": name, "value": Truncator(value).chars(30)})
    found = list(partner_filter.qs.values(*UNIVERSITY_FIELDS))
    agreements = _agreements(partner_filter.matching(), day.on)
    write = _json if file_format == "json" else partial(_table, TABLE_FORMATS[file_format])
    response = write(request, day.on, found, agreements)
    response.is_kept = bool(found) and partner_filter.is_cacheable
    return response


def _agreements(universities, on):
    """What is public of each university's agreements, by its id. The office's own is not even read."""
    found = defaultdict(list)
    these = Agreement.objects.public(on).filter(university__in=universities.order_by().values("pk"))
    for each in these.ordered_by_type().values(*AGREEMENT_FIELDS):
        found[each["university"]].append(each)
    return found


def _table(file_format, request, on, universities, agreements):
    content = tables.write_table(_rows(universities, agreements), file_format.name)
    headers = {"Content-Disposition": f'attachment; filename="partners.{file_format.name}"'}
    return HttpResponse(content, content_type=file_format.content_type, headers=headers)


def _rows(universities, agreements):
    """As the office passes it around: the header, and a row for each university."""
    positions = {name: at for at, name in enumerate(AgreementType.objects.values_list("name", flat=True))}
    written = cache(partial(format_terms, order=positions))
    yield COLUMNS
    for each in universities:
        terms = [
            Term(a["agreement_type__name"], a["status"] == AgreementStatus.IN_PROCESS) for a in agreements[each["pk"]]
        ]
        yield each["country__name"], each["name"], written(tuple(terms))


def _json(request, on, universities, agreements):
    return JsonResponse(
        {
            "version": JSON_VERSION,
            "on": on.isoformat(),
            "universities": [
                {
                    "name": each["name"],
                    "city": each["city"],
                    "country": {"code": each["country__code"], "name": each["country__name"]},
                    "website": each["website"],
                    "page": request.build_absolute_uri(reverse("university", args=[each["slug"]])),
                    "agreements": list(map(serialize_agreement, agreements[each["pk"]])),
                }
                for each in universities
            ],
        }
    )


def serialize_agreement(agreement):
    name, slug = agreement["agreement_type__name"], agreement["agreement_type__slug"]
    return {
        "type": {"slug": slug, "name": name} if name else None,
        "status": IN_PROCESS if agreement["status"] == AgreementStatus.IN_PROCESS else IN_FORCE,
        "valid_from": agreement["valid_from"],
        "valid_until": agreement["valid_until"],
    }
