from django.urls import path

from partners.reminders.views import subscription

urlpatterns = [path("calendar/<str:token>.ics", subscription, name="calendar")]
