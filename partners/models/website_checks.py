from django.db import models
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from partners.models.universities import University

REPORTED_FAILURES = 2
"""A website that fails once may be down for an hour."""


class WebsiteProblem(models.TextChoices):
    GONE = "gone", _("The page does not exist any more.")
    MOVED = "moved", _("It has moved to another host.")
    UNKNOWN_HOST = "unknown-host", _("There is no such address.")
    CERTIFICATE = "certificate", _("Its certificate is not valid.")
    TIMEOUT = "timeout", _("It does not answer in time.")
    UNREACHABLE = "unreachable", _("It cannot be reached.")
    NOT_PUBLIC = "not-public", _("It is not on the internet.")


class WebsiteCheckQuerySet(models.QuerySet):
    def reported(self):
        """Filter websites that the office should look at. One that has been changed since is not."""
        return self.filter(failures__gte=REPORTED_FAILURES, website=F("university__website"))


class WebsiteCheck(models.Model):
    """The problem of a university's website at the last check. A website that works has no row."""

    university = models.OneToOneField(University, models.CASCADE, related_name="website_check")
    website = models.URLField()
    """As it was checked."""
    problem = models.CharField(max_length=20, choices=WebsiteProblem)
    moved_to = models.TextField(blank=True)
    failures = models.PositiveSmallIntegerField(default=1, help_text=_("In a row."))
    checked_at = models.DateTimeField(default=now)

    objects = WebsiteCheckQuerySet.as_manager()

    def __str__(self):
        return f"{self.website}: {self.get_problem_display()}"
