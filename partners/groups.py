"""The office's groups of users, found by their roles, because superusers may rename a group."""

from django.contrib.auth.models import Group
from django.db.models import TextChoices
from django.utils.translation import gettext as _


class Role(TextChoices):
    """The roles. A label is the group's name in a fresh database."""

    COORDINATOR = "coordinator", "Exchange coordinators"
    ASSISTANT = "assistant", "Assistants"

    @property
    def description(self) -> str:
        """The rights of the role in a fresh database, as a sentence."""
        return {
            Role.COORDINATOR: _(
                "Can add and change universities, agreements and documents, sign and renew agreements, import and "
                "export lists, and change the settings of the office. Cannot manage accounts."
            ),
            Role.ASSISTANT: _("Can see everything in the register and export lists. Cannot change anything."),
        }[self]


def get_group(role: Role) -> Group:
    """Return the role's group. Raise Group.DoesNotExist if it has been deleted."""
    return Group.objects.get(role__key=role)
