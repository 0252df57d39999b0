from django.urls import path

from bench.finder.views import UniversityList

urlpatterns = [path("", UniversityList.as_view())]
