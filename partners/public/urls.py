from django.contrib.sitemaps import views as sitemaps
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from partners.public.downloads import CORS_HEADERS, download
from partners.public.feeds import AgreementFeed
from partners.public.query_params import COUNTRY_CODES, MULTIPLE, ORDERED, SINGLE, public_view
from partners.public.sitemaps import SITEMAPS
from partners.public.views import PartnerListView, ReportSentView, ReportView, UniversityView

SLUG = r"(?P<slug>[^/\x00]+)"
QUERY_PARAMS = {
    "q": SINGLE,
    "country": COUNTRY_CODES,
    "type": MULTIPLE,
    "status": MULTIPLE,
    "sort": SINGLE,
    "on": SINGLE,
}

SITEMAP = {"sitemaps": SITEMAPS, "content_type": "application/xml; charset=utf-8"}
LIST_QUERY_PARAMS = QUERY_PARAMS | {"page": SINGLE, "pick": ORDERED, "embed": SINGLE, "columns": SINGLE}

pages = [
    path("", public_view(PartnerListView.as_view(), **LIST_QUERY_PARAMS), name="partners"),
    re_path(rf"^universities/{SLUG}/$", public_view(UniversityView.as_view(), pick=ORDERED), name="university"),
    re_path(rf"^universities/{SLUG}/report/$", csrf_exempt(never_cache(ReportView.as_view())), name="report"),
    re_path(rf"^universities/{SLUG}/report/sent/$", csrf_exempt(ReportSentView.as_view()), name="reported"),
]

# URLs without a language prefix.
files = [
    re_path(
        r"^partners\.(?P<file_format>tsv|csv|xlsx|json)$",
        public_view(download, CORS_HEADERS, **QUERY_PARAMS),
        name="download",
    ),
    path("feed/", public_view(AgreementFeed()), name="feed"),
    path(
        "robots.txt",
        public_view(
            TemplateView.as_view(template_name="partners/robots.txt", content_type="text/plain; charset=utf-8")
        ),
    ),
    path("sitemap.xml", public_view(sitemaps.index), SITEMAP | {"sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", public_view(sitemaps.sitemap, p=SINGLE), SITEMAP, name="sitemap"),
]
