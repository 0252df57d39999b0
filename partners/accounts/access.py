"""Access to the pages of the office."""

MFA_PENDING = "mfa_pending"
"""Session key that is set after the password, until the MFA code is verified."""


def is_office_user(request):
    """Return whether the user is active staff and has signed in completely, with an MFA code where one is needed."""
    user = getattr(request, "user", None)
    return user is not None and user.is_active and user.is_staff and MFA_PENDING not in request.session
