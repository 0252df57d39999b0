from django.urls import path

from partners.public.views import PartnerListView, UniversityView

urlpatterns = [
    path("", PartnerListView.as_view(), name="partners"),
    path("universities/<str:slug>/", UniversityView.as_view(), name="university"),
]
