"""Downloads of the list: tables and JSON, filtered by the same parameters as the page."""

from collections import defaultdict
from functools import cache, partial

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from exchange.error_views import InvalidParameter
from partners import cells
from partners.agreement_fields import PUBLIC_FIELDS, UNIVERSITY_FIELDS
from partners.enums import AgreementStatus
from partners.imports.formats import CSV, TSV, XLSX
from partners.imports.office_list import COLUMNS
from partners.imports.type_notation import Term, format_terms
from partners.language_skills import decode
from partners.mobility_fields import MOBILITY_FIELDS
from partners.models import Agreement, AgreementType, Mobility
from partners.public.filters import PartnerFilter
from partners.querysets import ALPHABETICAL_ORDER, agreement_state
from partners.ror_ids import ror_url
from partners.tables.writing import write_sheets

TABLE_FORMATS = {table_format.name: table_format for table_format in (TSV, CSV, XLSX)}
FILE_FORMATS = [*TABLE_FORMATS, "json"]
JSON_VERSION = 1
"""Version of the JSON schema in docs/downloads.md. Added fields do not change it."""
UNIVERSITY_JSON_FIELDS = [field.name for field in UNIVERSITY_FIELDS if field.in_json]
UNIVERSITY_COLUMNS = ["pk", "name", "slug", "institution", "country__code", "country__name", *UNIVERSITY_JSON_FIELDS]
JSON_FIELDS = [field.name for field in PUBLIC_FIELDS if field.in_json]
PUBLIC_MOBILITY_FIELDS = [field for field in MOBILITY_FIELDS if field.name != "direction"]
PUBLIC_MOBILITY_PATHS = [field.name for field in PUBLIC_MOBILITY_FIELDS]
NO_PERIOD = {"valid_from": None, "valid_until": None, "is_open_ended": False}
"""The period of an agreement that is not signed. Its dates are plans, and internal."""


def download(request, file_format):
    partner_filter = PartnerFilter(request.GET, localdate())
    for name, value in partner_filter.invalid_values:
        message = _(
            "“%(value)s” is no value of “%(name)s”. Filter the list on its page, and copy the file's address there."
        )
        raise InvalidParameter(message % {"name": name, "value": Truncator(value).chars(30)})
    universities = list(partner_filter.matching.values(*UNIVERSITY_COLUMNS))
    if partner_filter.shows_unrecorded:
        universities += partner_filter.unrecorded.values(*UNIVERSITY_COLUMNS)
    agreements = _agreements_by_university(partner_filter)
    if file_format == "json":
        mobilities = _mobilities_by_agreement(partner_filter)
        return _render_json(request, partner_filter, universities, agreements, mobilities)
    table_format = TABLE_FORMATS[file_format]
    sheets = {"Partners": _rows(universities, agreements), "Mobilities": _mobility_rows(partner_filter)}
    content = write_sheets(sheets, file_format)
    headers = {"Content-Disposition": f'attachment; filename="partners.{file_format}"'}
    return HttpResponse(content, content_type=table_format.content_type, headers=headers)


def _agreements_by_university(partner_filter):
    """Return the public fields of the public agreements by university id. Internal fields are not even selected."""
    found = defaultdict(list)
    names = ["pk", "university", "agreement_type__name", "agreement_type__slug", "status", *JSON_FIELDS]
    for agreement in _public_agreements(partner_filter).ordered_by_type().values(*names):
        found[agreement["university"]].append(agreement)
    return found


def _mobilities_by_agreement(partner_filter):
    """Return lists of the public ``Mobility`` by agreement id. Internal ones are not even selected."""
    found = defaultdict(list)
    agreements = _public_agreements(partner_filter).order_by().values("pk")
    for mobility in Mobility.objects.public().filter(agreement__in=agreements):
        found[mobility.agreement_id].append(mobility)
    return found


def _public_agreements(partner_filter):
    universities = partner_filter.qs.order_by().values("pk")
    return Agreement.objects.public(partner_filter.on).filter(university__in=universities)


def _rows(universities, agreements):
    """Yield the office's list: the header, then one row for each university.

    A type of several scopes or periods is named once if signed, and once more if in process.
    """
    positions = {name: position for position, name in enumerate(AgreementType.objects.values_list("name", flat=True))}
    format_cached = cache(partial(format_terms, order=positions))
    yield COLUMNS
    for university in universities:
        terms = frozenset(Term(a["agreement_type__name"], a["status"]) for a in agreements[university["pk"]])
        yield university["country__name"], university["name"], format_cached(terms)


def _mobility_rows(partner_filter):
    """Yield a header and a row for each public mobility, in the order of the universities. A text file has none."""
    yield *COLUMNS, *(field.column for field in PUBLIC_MOBILITY_FIELDS)
    paths = ["agreement__university__country__name", "agreement__university__name", "agreement__agreement_type__name"]
    mobilities = Mobility.objects.public().filter(agreement__in=_public_agreements(partner_filter).order_by())
    ordered = mobilities.order_by(*(f"agreement__university__{name}" for name in ALPHABETICAL_ORDER), "agreement", "pk")
    for country, university, type_name, *values in ordered.values_list(*paths, *PUBLIC_MOBILITY_PATHS):
        row = [field.format(value) for field, value in zip(PUBLIC_MOBILITY_FIELDS, values, strict=True)]
        yield country, university, type_name or "", *row


def _render_json(request, partner_filter, universities, agreements, mobilities):
    on = partner_filter.on
    return JsonResponse(
        {
            "version": JSON_VERSION,
            "on": on.isoformat(),
            "term": partner_filter.term and _term_json(partner_filter.term),
            "universities": [
                {
                    "name": university["name"],
                    "country": {"code": university["country__code"], "name": university["country__name"]},
                    **{name: university[name] for name in UNIVERSITY_JSON_FIELDS},
                    "ror_id": university["institution"] and ror_url(university["institution"]),
                    "page": request.build_absolute_uri(reverse("university", args=[university["slug"]])),
                    "agreements": [
                        _agreement_json(agreement, mobilities[agreement["pk"]], on)
                        for agreement in agreements[university["pk"]]
                    ],
                }
                for university in universities
            ],
        }
    )


def _term_json(term):
    first_day, last_day = term.period
    return {"value": term.value, "name": term.label, "first_day": first_day, "last_day": last_day}


def _agreement_json(agreement, mobilities, on):
    name, slug = agreement["agreement_type__name"], agreement["agreement_type__slug"]
    return {
        "type": {"slug": slug, "name": name} if name else None,
        "status": agreement_state(agreement["status"], agreement["valid_from"], agreement["valid_until"], on),
        **{name: agreement[name] for name in JSON_FIELDS},
        **({} if agreement["status"] == AgreementStatus.SIGNED else NO_PERIOD),
        "mobilities": [_mobility_json(mobility) for mobility in mobilities],
    }


def _mobility_json(mobility):
    first, last = (year and cells.format_academic_year(year) for year in (mobility.first_year, mobility.last_year))
    return {
        "direction": mobility.direction,
        "kind": mobility.kind.replace("_", "-"),
        "places": mobility.places,
        "duration": None if mobility.duration is None else float(mobility.duration),
        "levels": [level.replace("_", "-") for level in mobility.study_levels.split(",") if level],
        "fields": mobility.fields_of_study.split(),
        "fields_note": mobility.fields_note,
        "languages": [{"language": code, "level": level or None} for code, level in decode(mobility.languages)],
        "blended": mobility.is_blended,
        "years": {"first": first, "last": last},
    }
