"""The whole site, for processes that are forked from one that has it, and no connection open."""

import django
from django.urls import reverse

django.setup()
reverse("admin:index")
