"""URLs of the public files, which have no language prefix."""

from django.contrib.sitemaps import views as sitemaps
from django.urls import path, re_path
from django.views.generic import TemplateView

from partners.public.downloads import download
from partners.public.feeds import AgreementFeed
from partners.public.office_files import logo, stylesheet
from partners.public.sitemaps import SITEMAPS

ROBOTS = TemplateView.as_view(template_name="partners/robots.txt", content_type="text/plain; charset=utf-8")
SITEMAP = {"sitemaps": SITEMAPS, "content_type": "application/xml; charset=utf-8"}

urlpatterns = [
    re_path(r"^partners\.(?P<file_format>tsv|csv|xlsx|json)$", download, name="download"),
    re_path(r"^office/(?P<digest>[0-9a-f]{16})\.png$", logo, name="office_logo"),
    re_path(r"^office/(?P<digest>[0-9a-f]{16})\.css$", stylesheet, name="office_stylesheet"),
    path("feed/", AgreementFeed(), name="feed"),
    path("robots.txt", ROBOTS, name="robots"),
    path("sitemap.xml", sitemaps.index, SITEMAP | {"sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", sitemaps.sitemap, SITEMAP, name="sitemap"),
]
