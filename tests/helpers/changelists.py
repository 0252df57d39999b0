"""The lists of the admin."""

from tests.helpers.html import element_texts, elements, text


def names(page):
    """Return the text of the linked column of each row."""
    return element_texts(page, "#result_list tbody th")


def filter_choices(page):
    """Return the text of each filter by its title."""
    filters = elements(page, "#changelist-filter details")
    return {element_texts(details, "summary")[0]: text(details) for details in filters}
