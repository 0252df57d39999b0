from django.contrib.sitemaps import views as sitemaps
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from partners.public.addresses import CODES, IN_ORDER, MANY, ONE, public
from partners.public.downloads import OPEN, download
from partners.public.feeds import Changes
from partners.public.sitemaps import SITEMAPS
from partners.public.views import PartnerListView, ReportedView, ReportView, UniversityView

SLUG = r"(?P<slug>[^/\x00]+)"
ASKED = {"q": ONE, "country": CODES, "type": MANY, "status": MANY, "sort": ONE, "on": ONE}

SITEMAP = {"sitemaps": SITEMAPS, "content_type": "application/xml; charset=utf-8"}
LIST = ASKED | {"page": ONE, "pick": IN_ORDER, "embed": ONE, "columns": ONE}

pages = [
    path("", public(PartnerListView.as_view(), **LIST), name="partners"),
    re_path(rf"^universities/{SLUG}/$", public(UniversityView.as_view(), pick=IN_ORDER), name="university"),
    re_path(rf"^universities/{SLUG}/report/$", csrf_exempt(never_cache(ReportView.as_view())), name="report"),
    re_path(rf"^universities/{SLUG}/report/sent/$", csrf_exempt(ReportedView.as_view()), name="reported"),
]

# Without a language in their address.
files = [
    re_path(r"^partners\.(?P<file_format>tsv|csv|xlsx|json)$", public(download, OPEN, **ASKED), name="download"),
    path("feed/", public(Changes()), name="feed"),
    path(
        "robots.txt",
        public(TemplateView.as_view(template_name="partners/robots.txt", content_type="text/plain; charset=utf-8")),
    ),
    path("sitemap.xml", public(sitemaps.index), SITEMAP | {"sitemap_url_name": "sitemap"}, name="sitemaps"),
    path("sitemap-<section>.xml", public(sitemaps.sitemap, p=ONE), SITEMAP, name="sitemap"),
]
