"""All URLs of the site, with arguments for which each is a page."""

import re
from urllib.parse import quote
from uuid import UUID

from django.apps import apps
from django.contrib.admindocs.views import simplify_regex
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver

from partners.models import University


def iter_routes(resolver=None, prefix=""):
    """Yield each route, with parameters as in `/admin/partners/country/<object_id>/change/`, and its name or None."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from iter_routes(entry, route)
        else:
            # The parameters of django-simple-history have no names.
            route = route.replace("^([^/]+)/history/([^/]+)/$", "<object_id>/history/<history_id>/")
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", simplify_regex(route)), entry.name


def fill_route(route, **values):
    return re.sub(r"<(\w+)>", lambda match: quote(values[match[1]]), route)


def route_arguments(route):
    """Return arguments with which the route is a page, if there are objects in the database."""
    arguments = {
        "slug": "marburg",
        "app_label": "partners",
        "file_format": "json",
        "section": "universities",
        "chapter": "signing",
    }
    arguments |= {"token": UUID(int=0), "kind": "list", "chapter": "signing"}
    if model := re.match(r"/admin/(auth|partners)/(\w+)/", route):
        first = apps.get_model(*model.groups()).objects.order_by("pk").first()
        arguments |= dict.fromkeys(["object_id", "pk", "id"], first.pk)
        if hasattr(first, "history"):
            arguments["history_id"] = first.history.latest().pk
    elif route.startswith("/admin/r/"):
        university = University.objects.order_by("pk").first()
        arguments |= {"content_type_id": ContentType.objects.get_for_model(University).pk, "object_id": university.pk}
    return {name: str(arguments.get(name, 1)) for name in re.findall(r"<(\w+)>", route)}
