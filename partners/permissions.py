"""Permissions: those of each role in a fresh database, and a named check of each right beyond the pages of one model.

Permissions to view, add or change objects of one model are checked by its ModelAdmin, as usual in Django's admin.
"""

from operator import methodcaller

from partners.groups import Role

MFA_PENDING = "mfa_pending"
"""Session key that is set after the password, until the MFA code is verified."""
# No "delete": see the rule that nothing recorded is deleted by ordinary paths.
EDIT_ACTIONS = ("view", "add", "change")
REGISTER_MODELS = ("country", "university", "agreementtype", "agreement", "document", "term", "applicationround")
ROLE_PERMISSIONS = {
    Role.COORDINATOR: [
        *(f"{action}_{model}" for model in REGISTER_MODELS for action in EDIT_ACTIONS),
        "import_university",
        "export_university",
        "view_run",
        "view_officesettings",
        "change_officesettings",
    ],
    Role.ASSISTANT: [
        *(f"view_{model}" for model in REGISTER_MODELS),
        "export_university",
        "view_run",
        "view_officesettings",
    ],
}
"""The permissions of each role's group in a fresh database."""


def is_office_user(request):
    """Return whether the user is active staff and has signed in completely, with an MFA code where one is needed."""
    user = getattr(request, "user", None)
    return user is not None and user.is_active and user.is_staff and MFA_PENDING not in request.session


def can_preview_universities(request):
    """Return whether the user may open the public page of a university that is not public."""
    return is_office_user(request) and request.user.has_perm("partners.view_university")


# Each takes the user.
can_import = methodcaller("has_perm", "partners.import_university")
can_export = methodcaller("has_perm", "partners.export_university")
can_view_runs = methodcaller("has_perm", "partners.view_run")
can_change_universities = methodcaller("has_perm", "partners.change_university")
can_view_agreements = methodcaller("has_perm", "partners.view_agreement")
can_change_agreements = methodcaller("has_perm", "partners.change_agreement")
can_change_office_settings = methodcaller("has_perm", "partners.change_officesettings")
can_change_office_views = can_change_office_settings
"""Save, rename and delete views of lists that the whole office sees."""
can_open_imported_files = can_import
"""Download an imported file, which may have columns that the register has not."""


def can_undo(user, run):
    """Return whether the user may do what the run did."""
    return can_import(user) if run.is_import else can_change_agreements(user)


def can_view_calendar(user):
    return user.is_staff and can_view_agreements(user)


def can_remove_own(user, model):
    """Return whether the user may remove an object that they have added by mistake: who may add one."""
    return user.has_perm(f"partners.add_{model._meta.model_name}")


def can_add_documents(user):
    """Return whether the user may add documents. To add one is to edit its agreement."""
    return user.has_perm("partners.add_document") and can_change_agreements(user)


def can_undelete(user):
    return user.is_superuser
