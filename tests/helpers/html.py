"""Helpers that extract from a response what a user reads."""

import html
import re

from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

INLINE_TAG_RE = re.compile(r"</?(?:a|bdi|em|span|strong)\b[^>]*>")
SHORTLIST_CELL_RE = re.compile(r'<td\b[^>]*class="pick">.*?</td>', re.DOTALL)
HIDDEN_ELEMENT_RE = re.compile(r"<(head|script|style|template)\b.*?</\1>", re.DOTALL)


def text(page):
    """Return the visible text of a response or of a string of HTML, with single spaces."""
    source = page if isinstance(page, str) else page.content.decode()
    blocks = INLINE_TAG_RE.sub("", HIDDEN_ELEMENT_RE.sub(" ", source))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", blocks))).strip()


def close_response(response):
    """Close a response's file without closing the test's database connection."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def title(page):
    return text(re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)[1])


def element_texts(page, tag):
    """Return the text of each element with a tag, such as `h2`."""
    elements = re.findall(rf"<{tag}\b.*?</{tag}>", page.content.decode(), re.DOTALL)
    return [text(element) for element in elements]


def rows(page):
    """Return the text of each table row outside of headers, without the shortlist's buttons."""
    bodies = re.findall(r"<tbody\b.*?</tbody>", SHORTLIST_CELL_RE.sub("", page.content.decode()), re.DOTALL)
    return [text(row) for body in bodies for row in re.findall(r"<tr\b.*?</tr>", body, re.DOTALL)]


def cells(page):
    """Return the texts of the `td` cells of each table row."""
    table_rows = re.findall(r"<tr\b.*?</tr>", page.content.decode(), re.DOTALL)
    return [[text(cell) for cell in re.findall(r"<td\b.*?</td>", row, re.DOTALL)] for row in table_rows]


def errors(page):
    """Return the form errors of a page by field name."""
    lists = re.findall(r'<ul class="errorlist" id="id_([^"]+)_error">(.*?)</ul>', page.content.decode(), re.DOTALL)
    return {field: text(messages) for field, messages in lists}


def messages(page):
    """Return the texts of the messages in the admin."""
    message_list = re.search(r'<ul class="messagelist">(.*?)</ul>', page.content.decode(), re.DOTALL)
    return [text(item) for item in re.findall(r"<li\b.*?</li>", message_list[1], re.DOTALL)] if message_list else []


def count_queries(client, url):
    """Return the number of database queries of a second request, when caches are warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(captured)
