"""The pages that show, compare and revert changes."""

from partners.models import Agreement
from tests.helpers.html import cells

CHANGE_LOG_URL = "/admin/changes/"


def history(browser, obj):
    """Return the rows of an object's history page, newest first: user, change and reason, without the date."""
    page = browser.get(f"/admin/partners/{obj._meta.model_name}/{obj.pk}/history/")
    return [" ".join(filter(None, row[1:4])) for row in cells(page) if len(row) > 2]


def entries(browser, path="", **query):
    """Return user, change and reason of each entry, without those of the reference data."""
    page = browser.get(f"{CHANGE_LOG_URL}{path}", query)
    rows = [" ".join(filter(None, row[1:4])) for row in cells(page) if len(row) > 2]
    return [row for row in rows if not row.endswith("reference data")]


def version_url(obj, index=0):
    """Return the URL of a version; the oldest has index 0."""
    record = obj.history.order_by("history_id")[index]
    return f"/admin/partners/{obj._meta.model_name}/{obj.pk}/history/{record.pk}/"


def latest_version(obj):
    """Return the POST data of the page that reverts the object."""
    records = Agreement.history.filter(university=obj.university_id) if isinstance(obj, Agreement) else obj.history
    return {"latest_history_id": records.latest("history_id").pk}


def update(obj, **values):
    for name, value in values.items():
        setattr(obj, name, value)
    obj.save()
    return obj
