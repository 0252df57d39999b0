"""URLs of the public pages, with a language prefix but for the default language."""

from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from partners.public.file_urls import QUERY_PARAMS
from partners.public.query_params import ORDERED, SINGLE, public_view
from partners.public.views import PartnerListView, ReportSentView, ReportView, UniversityView

SLUG = r"(?P<slug>[^/\x00]+)"
LIST_QUERY_PARAMS = QUERY_PARAMS | {"page": SINGLE, "pick": ORDERED, "embed": SINGLE, "columns": SINGLE}

urlpatterns = [
    path("", public_view(PartnerListView.as_view(), **LIST_QUERY_PARAMS), name="partners"),
    re_path(rf"^universities/{SLUG}/$", public_view(UniversityView.as_view(), pick=ORDERED), name="university"),
    re_path(rf"^universities/{SLUG}/report/$", csrf_exempt(never_cache(ReportView.as_view())), name="report"),
    re_path(rf"^universities/{SLUG}/report/sent/$", csrf_exempt(ReportSentView.as_view()), name="reported"),
]
