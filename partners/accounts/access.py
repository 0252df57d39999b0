"""The one question that decides who is of the office."""

MFA_PENDING = "owes_a_code"
"""Marks a session whose person has given the password, and still has to give the code."""


def is_office(request):
    """Return whether a person of the staff has signed in, with everything that signing in asks for."""
    user = getattr(request, "user", None)
    return user is not None and user.is_active and user.is_staff and MFA_PENDING not in request.session
