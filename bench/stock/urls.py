from django.contrib import admin
from django.urls import path

from bench.stock.views import PrefetchedUniversityList, UniversityList

urlpatterns = [
    path("admin/", admin.site.urls),
    path("plain/", UniversityList.as_view()),
    path("prefetched/", PrefetchedUniversityList.as_view()),
]
