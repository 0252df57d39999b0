"""What search engines are told to read, in every language."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse
from django.utils.timezone import localdate

from partners.models import University


class Pages(Sitemap):
    i18n = alternates = True
    limit = 5_000
    """Addresses in a file, each with those of the other languages. Search engines take no more than 50 MB."""


class PartnerList(Pages):
    def items(self):
        return ["partners"]

    def location(self, item):
        return reverse(item)


class Universities(Pages):
    def items(self):
        return University.objects.public(localdate()).order_by("pk").values_list("slug", flat=True)

    def location(self, item):
        return reverse("university", args=[item])


SITEMAPS = {"list": PartnerList, "universities": Universities}
