"""Who tries passwords from one place waits. Who signs in to the same account from another place does not."""

from django.conf import settings
from django.shortcuts import render


def client_address(request):
    """Where a request comes from: what the proxy in front, if any, was asked by."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return (settings.BEHIND_PROXY and forwarded) or request.META.get("REMOTE_ADDR") or None


def locked(request, original_response, credentials):
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "admin/logins/locked.html", {"minutes": minutes}, status=429)
