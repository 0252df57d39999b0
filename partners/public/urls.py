from django.urls import path, re_path

from partners.public.views import PartnerListView, UniversityView

pages = [
    path("", PartnerListView.as_view(), name="partners"),
    re_path(r"^universities/(?P<slug>[^/\x00]+)/$", UniversityView.as_view(), name="university"),
]
