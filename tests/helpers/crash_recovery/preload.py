"""Load the whole site without opening a database connection, before the fork server forks."""

import django
from django.urls import reverse

django.setup()
reverse("admin:index")
