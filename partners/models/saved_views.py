"""Named choices of filters of the admin's lists, one user's own or the office's."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from partners.fields import NameField
from partners.models.accounts import ProtectingHistory

OFFICE_NAME_TAKEN = _("The office has a view of this name.")
OWN_NAME_TAKEN = _("You have a view of this name.")


class SavedView(models.Model):
    """The query string of a list under a name. Without an owner, all users of the office see it."""

    class List(models.TextChoices):
        AGREEMENTS = "agreements", _("agreements")
        UNIVERSITIES = "universities", _("universities")

    list = models.CharField(_("list"), max_length=20, choices=List)
    name = NameField(_("name"))
    query = models.TextField(_("filters"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="saved_views",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )

    history = ProtectingHistory()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            UniqueConstraint(
                fields=["list", "name"],
                condition=Q(owner=None),
                name="saved_view_of_office_unique",
                violation_error_message=OFFICE_NAME_TAKEN,
            ),
            UniqueConstraint(
                fields=["list", "owner", "name"],
                name="saved_view_of_user_unique",
                violation_error_message=OWN_NAME_TAKEN,
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def name_taken_message(self):
        return OWN_NAME_TAKEN if self.owner_id else OFFICE_NAME_TAKEN

    def clean(self):
        """Raise ValidationError for a view of everything, and for a taken name, whatever its case."""
        if not self.query:
            raise ValidationError(_("The list shows everything. Filter, search or sort it first, then save it."))
        others = SavedView.objects.filter(list=self.list, owner=self.owner).exclude(pk=self.pk)
        if self.name.casefold() in map(str.casefold, others.values_list("name", flat=True)):
            raise ValidationError({"name": self.name_taken_message})
