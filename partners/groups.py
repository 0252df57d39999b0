"""The office's groups of users: a role finds each of them, because superusers may rename a group."""

from django.contrib.auth.models import Group
from django.db.models import TextChoices


class Role(TextChoices):
    """The roles. A label is the group's name in a fresh database."""

    COORDINATOR = "coordinator", "Exchange coordinators"
    ASSISTANT = "assistant", "Assistants"


def get_group(role: Role) -> Group:
    """Return the role's group. Raise Group.DoesNotExist if it has been deleted."""
    return Group.objects.get(role__key=role)
