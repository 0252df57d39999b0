"""Pages as a browser and its user read them. All HTML in tests is parsed here, and selected with CSS."""

import lxml.html
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

INLINE_TAGS = {"a", "bdi", "em", "span", "strong"}
HIDDEN_TAGS = {"head", "script", "style", "template"}
PARSER = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True)


def parse(page):
    """Return the root element of a response, or of a string of HTML. An element is returned as it is."""
    if isinstance(page, lxml.html.HtmlElement):
        return page
    source = page.encode() if isinstance(page, str) else page.content
    root = lxml.html.document_fromstring(source.strip() or b"<html>", parser=PARSER)
    for textarea in root.iter("textarea"):
        textarea.value = textarea.value.removeprefix("\n")  # HTML ignores a line break after the start tag.
    return root


def elements(page, selector):
    """Return the elements that a CSS selector finds in a page or in an element, in their order on the page."""
    return parse(page).cssselect(selector)


def text(page):
    """Return the visible text of a page or an element, with single spaces."""
    return " ".join("".join(_text_nodes(parse(page))).split())


def _text_nodes(element):
    if element.tag in HIDDEN_TAGS:
        return
    edge = "" if element.tag in INLINE_TAGS else " "
    yield edge
    yield element.text or ""
    for child in element:
        yield from _text_nodes(child)
        yield child.tail or ""
    yield edge


def element_texts(page, selector):
    """Return the visible text of each element that a CSS selector finds."""
    return [text(element) for element in elements(page, selector)]


def attributes(page, selector, name):
    """Return an attribute of each element that a CSS selector finds, None where it is missing."""
    return [element.get(name) for element in elements(page, selector)]


def title(page):
    return element_texts(page, "head > title")[0]


def links(page, selector="a[href]"):
    """Return the text and the URL of each link."""
    return [(text(link), link.get("href")) for link in elements(page, selector)]


def buttons(page):
    """Return the labels of the buttons."""
    found = elements(page, "button, input[type=submit]")
    return [text(button) if button.tag == "button" else button.value for button in found]


def rows(page, selector="tbody tr"):
    """Return the text of each table row outside of headers, without the shortlist's buttons.

    The heading of a group of rows is a text of its own.
    """
    texts = []
    for row in elements(page, selector):
        texts += element_texts(row, "th.country")
        texts.append(" ".join(filter(None, element_texts(row, "th:not(.country), td:not(.pick)"))))
    return texts


def cells(page, selector="tr"):
    """Return the texts of the `td` cells of each table row."""
    return [element_texts(row, "td") for row in elements(page, selector)]


def table(page, selector="table"):
    """Return the texts of all cells of each row of a table, headers included."""
    return [element_texts(row, "th, td") for row in elements(page, f"{selector} tr")]


def form_data(page, selector):
    """Return the values that a browser would submit unchanged, without those of formset templates (`__prefix__`).

    A field that submits several values has a list of them, any other a string.
    """
    [form] = elements(page, selector)
    for field in elements(form, "input:not([value])"):
        field.set("value", "on" if field.checkable else "")  # lxml leaves out a field without a value.
    data = {}
    for name, value in form.form_values():
        if "__prefix__" not in name:
            data.setdefault(name, []).append(value.replace("\n", "\r\n"))
    return {name: values[0] if len(values) == 1 else values for name, values in data.items()}


def errors(page):
    """Return the form errors of a page by field name."""
    lists = elements(page, 'ul.errorlist[id$="_error"]')
    return {messages.get("id").removeprefix("id_").removesuffix("_error"): text(messages) for messages in lists}


def messages(page):
    """Return the texts of the messages in the admin."""
    return element_texts(page, "ul.messagelist li")


def close_response(response):
    """Close a response's file without closing the test's database connection."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def count_queries(client, url):
    """Return the number of database queries of a second request, when caches are warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)
