"""What a visitor reads on a page."""

import html
import re

from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

INLINE = re.compile(r"</?(?:a|bdi|em|span|strong)\b[^>]*>")
STARS = re.compile(r'<td\b[^>]*class="pick">.*?</td>', re.DOTALL)
UNSEEN = re.compile(r"<(head|script|style|template)\b.*?</\1>", re.DOTALL)


def text(page):
    """The visible text of a response or of a piece of HTML, with single spaces."""
    source = page if isinstance(page, str) else page.content.decode()
    blocks = INLINE.sub("", UNSEEN.sub(" ", source))
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", blocks))).strip()


def close(answer):
    """Lets go of a file that is answered, and not of the test's own connection to the database."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


def title(page):
    """What the browser's tab says."""
    return text(re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL)[1])


def pieces(page, element):
    """The text of each element of a name, such as of each heading (``h2``)."""
    found = re.findall(rf"<{element}\b.*?</{element}>", page.content.decode(), re.DOTALL)
    return [text(each) for each in found]


def rows(page):
    """The text of each row in the bodies of the page's tables, but for the stars of the shortlist."""
    bodies = re.findall(r"<tbody\b.*?</tbody>", STARS.sub("", page.content.decode()), re.DOTALL)
    return [text(row) for body in bodies for row in re.findall(r"<tr\b.*?</tr>", body, re.DOTALL)]


def cells(page):
    """The text of each cell in the rows of the page's tables, row by row."""
    found = re.findall(r"<tr\b.*?</tr>", page.content.decode(), re.DOTALL)
    return [[text(cell) for cell in re.findall(r"<td\b.*?</td>", row, re.DOTALL)] for row in found]


def errors(page):
    """The errors of a page's forms, by the name of the field they stand at."""
    lists = re.findall(r'<ul class="errorlist" id="id_([^"]+)_error">(.*?)</ul>', page.content.decode(), re.DOTALL)
    return {field: text(messages) for field, messages in lists}


def messages(page):
    """What the back office tells after a step."""
    listed = re.search(r'<ul class="messagelist">(.*?)</ul>', page.content.decode(), re.DOTALL)
    return [text(item) for item in re.findall(r"<li\b.*?</li>", listed[1], re.DOTALL)] if listed else []


def queries(browser, address):
    """How many queries a page makes that has been asked for before."""
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        browser.get(address)
    return len(captured)
