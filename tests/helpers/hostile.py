"""Values that no form of the site would send, and the fields and parameters to send them in."""

from urllib.parse import parse_qsl, urlsplit

from tests.helpers.html import attributes, elements

HOSTILE_VALUES = {
    "null": "\0",
    "null within": "a\0b",
    "empty": "",
    "space": " ",
    "word": "abc",
    "negative": "-1",
    "zero": "0",
    "huge": "9" * 40,
    "beyond 64 bits": str(2**63),
    "exponent": "1e400",
    "other digits": "²",
    "arabic digits": "٣",
    "list": "1,2,abc",
    "JSON": '{"a": [1]}',
    "JSON list": "[[]]",
    "percent": "%",
    "percent junk": "%zz%00%ff",
    "format": "%s%(x)s{0}{x}",
    "not UTF-8": b"\xff\xfe\x80",
    "lone surrogate": b"\xed\xa0\x80",
    "noncharacter": "\uffff",
    "long": "x" * 20_000,
    "bad day": "2026-02-30",
    "year 0": "0000-00-00",
    "last day": "9999-12-31",
    "first day": "0001-01-01",
    "line breaks": "a\r\nSet-Cookie: b=c",
    "URL": "//evil.example/\\",
    "bad IPv6": "http://[::1",
    "path": "../../etc/passwd",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
COMMON_PARAMS = [
    *["q", "o", "p", "all", "e", "page", "next", "id", "ids", "_popup", "_to_field", "_changelist_filters", "_facets"],
    *["app_label", "model_name", "field_name", "term", "action", "select_across", "index", "_selected_action"],
    *[
        "foo",
        "foo__bar",
        "pk",
        "pk__in",
        "id__exact",
        "name",
        "name__regex",
        "resource",
        "format",
        "latest_history_id",
        "code",
    ],
    *["university", "country", "agreement_type", "is_listed__exact", "_method", "csrfmiddlewaretoken", "post", "state"],
]


def form_and_link_names(page):
    """Return the names of form fields and link parameters of a page, and the values of its inputs by name."""
    if not page.get("Content-Type", "").startswith("text/html"):
        return [], {}
    inputs = elements(page, "input[name]")
    names = set(attributes(page, "input[name], select[name], textarea[name], button[name]", "name"))
    for url in attributes(page, "a[href]", "href"):
        names.update(name for name, _value in parse_qsl(urlsplit(url).query))
    values = {field.name: field.get("value", "") for field in reversed(inputs) if "__prefix__" not in field.name}
    return sorted(name for name in names if "__prefix__" not in name), values
