"""URLs of the public files, which have no language prefix."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path, re_path
from django.views.generic import TemplateView

from partners.public.downloads import CORS_HEADERS, download
from partners.public.feeds import AgreementFeed
from partners.public.query_params import COUNTRY_CODES, MULTIPLE, SINGLE, public_view
from partners.public.sitemaps import SITEMAPS

QUERY_PARAMS = {
    "q": SINGLE,
    "country": COUNTRY_CODES,
    "type": MULTIPLE,
    "status": MULTIPLE,
    "sort": SINGLE,
    "on": SINGLE,
}
ROBOTS = TemplateView.as_view(template_name="partners/robots.txt", content_type="text/plain; charset=utf-8")
SITEMAP = {"sitemaps": SITEMAPS, "content_type": "application/xml; charset=utf-8"}

urlpatterns = [
    re_path(
        r"^partners\.(?P<file_format>tsv|csv|xlsx|json)$",
        public_view(download, CORS_HEADERS, **QUERY_PARAMS),
        name="download",
    ),
    path("feed/", public_view(AgreementFeed()), name="feed"),
    path("robots.txt", public_view(ROBOTS)),
    path("sitemap.xml", public_view(sitemaps.index), SITEMAP | {"sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", public_view(sitemaps.sitemap, p=SINGLE), SITEMAP, name="sitemap"),
]
