"""The bar of filters above the admin's lists, and the cells of their rows."""

import re

from django import template
from django.utils.html import format_html_join, strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

register = template.Library()

FACET_COUNT_RE = re.compile(r" \((\d+|-)\)$")


@register.simple_tag
def filter_bar(cl):
    """Return the choices of each filter of a changelist, and the chips of those that its URL has."""
    filters, chips = [], []
    for spec in cl.filter_specs:
        choices = list(spec.choices(cl))
        filters.append({"title": spec.title, "choices": choices})
        parameters = spec.expected_parameters()
        if values := [cl.filter_params[name][-1] for name in parameters if name in cl.filter_params]:
            labels = [FACET_COUNT_RE.sub("", str(choice["display"])) for choice in choices if choice["selected"]]
            url = cl.get_query_string(remove=parameters)
            chips.append({"title": spec.title, "label": ", ".join(labels or values), "remove_url": url})
    return {"filters": filters, "chips": chips}


@register.filter
def label_cells(cells, headers):
    """Return the cells of a row, each with the header of its column, which narrow screens show beside it."""
    labels = [capfirst(strip_tags(header["text"])) for header in headers]
    parts = [(mark_safe(cell[:3]), label, mark_safe(cell[3:])) for cell, label in zip(cells, labels, strict=True)]  # noqa: S308
    return format_html_join("", '{} data-label="{}"{}', parts)
