"""Sitemaps of the list, its countries and the universities, in every language."""

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timezone import localdate

from partners.models import University
from partners.public.facet_index import get_facet_index
from partners.public.university_details import register_last_modified


class TranslatedPaginator(Paginator):
    """Paginate before multiplying by the languages, so that only one page is read from the database."""

    def page(self, number):
        page = super().page(number)
        page.object_list = [(item, language) for item in page.object_list for language, _ in settings.LANGUAGES]
        return page


class TranslatedSitemap(Sitemap):
    i18n = alternates = x_default = True
    limit = 5_000
    """URLs in a file, each with its alternates. Search engines read at most 50 MB."""

    @property
    def paginator(self):
        return TranslatedPaginator(self.items(), self.limit // len(settings.LANGUAGES))

    def get_latest_lastmod(self):
        return register_last_modified()


class PartnerList(TranslatedSitemap):
    """The list, and that of each country with a partner."""

    def items(self):
        return ["", *(f"?country={code}" for code, _total in get_facet_index(localdate()).country_totals)]

    def location(self, query):
        return reverse("partners") + query

    @cached_property
    def lastmod(self):
        return register_last_modified()


class Universities(TranslatedSitemap):
    def items(self):
        return University.objects.public(localdate()).with_last_change().order_by("pk").only("slug")

    def lastmod(self, university):
        return university.last_changed_at


SITEMAPS = {"list": PartnerList, "universities": Universities}
