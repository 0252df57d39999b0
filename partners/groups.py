"""The office's groups of users: a role finds each of them, because superusers may rename a group."""

from django.contrib.auth.models import Group
from django.db.models import TextChoices

# No "delete": see the rule that nothing recorded is deleted by ordinary paths.
EDIT_ACTIONS = ("view", "add", "change")
REGISTER_MODELS = ("country", "university", "agreementtype", "agreement", "document")


class Role(TextChoices):
    """The roles. A label is the group's name in a fresh database."""

    COORDINATOR = "coordinator", "Exchange coordinators"
    ASSISTANT = "assistant", "Assistants"


PERMISSIONS = {
    Role.COORDINATOR: [
        *(f"{action}_{model}" for model in REGISTER_MODELS for action in EDIT_ACTIONS),
        "import_university",
        "export_university",
        "view_importrun",
    ],
    Role.ASSISTANT: [*(f"view_{model}" for model in REGISTER_MODELS), "export_university", "view_importrun"],
}
"""The permissions of each group in a fresh database."""


def get_group(role: Role) -> Group:
    """Return the role's group. Raise Group.DoesNotExist if it has been deleted."""
    return Group.objects.get(role__key=role)
