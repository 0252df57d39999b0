"""URLs of the public pages, with a language prefix but for the default language."""

from django.urls import path, re_path

from partners.public.application_rounds import round_calendar
from partners.public.error_reports import report, reported
from partners.public.views import partner_list, university_page

SLUG = r"(?P<slug>[^/\x00]+)"

urlpatterns = [
    path("", partner_list, name="partners"),
    path("rounds/<int:pk>.ics", round_calendar, name="round_calendar"),
    re_path(rf"^universities/{SLUG}/$", university_page, name="university"),
    re_path(rf"^universities/{SLUG}/report/$", report, name="report"),
    re_path(rf"^universities/{SLUG}/report/sent/$", reported, name="reported"),
]
