"""Signing in with the university's own account, by OpenID Connect.

The university says who somebody is and which groups they are in; the office's settings say what
that makes them here. It is asked anew at each sign-in, so that who leaves the office loses it.
"""

import logging
from functools import cache

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from partners.logins.backends import SIGNED_ON_BY_UNIVERSITY
from partners.logins.going_on import going_on
from partners.logins.models import UniversityIdentity

NEXT = "single_sign_on_next"
SECONDS = 10
"""That the university's server has to answer."""
TOLD = {"email": "email", "first_name": "given_name", "last_name": "family_name"}
LONGEST = 150
ASK_AGAIN = {"prompt": "login"}
"""Also who is signed in at the university, to confirm that it is she."""
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""A key that the server alone has: neither one that it shares with us, nor none."""
FAILURES = (AuthlibBaseError, JoseError, KeyError, RequestException, RuntimeError, ValueError)
"""What the library raises over an answer that is wrong, late or not there."""
log = logging.getLogger(__name__)


class Refused(Exception):  # noqa: N818
    """Somebody whom the university knows, and who is not of the office, told in a sentence."""


@cache
def university():
    if not settings.OIDC_ISSUER:
        raise Http404
    server = OAuth().register(
        "university",
        server_metadata_url=f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )
    hold_to_its_name(server.load_server_metadata())
    return server


def hold_to_its_name(metadata):
    """What a server tells of itself must not pass it off as another one, nor let anybody else sign for it."""
    if metadata["issuer"] != settings.OIDC_ISSUER:
        raise ValueError(f"The server calls itself {metadata['issuer']}, and OIDC_ISSUER is {settings.OIDC_ISSUER}.")
    told = metadata.get("id_token_signing_alg_values_supported", SIGNED_BY)
    metadata["id_token_signing_alg_values_supported"] = [each for each in SIGNED_BY if each in told]


def begin(request):
    """From the login page. Whom a page elsewhere sends is led there first, so that nobody is signed on unawares."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return redirect("admin:login")
    request.session[NEXT] = request.GET.get("next", "")
    try:
        back = request.build_absolute_uri(reverse("single_sign_on_back"))
        return university().authorize_redirect(request, back, **ASK_AGAIN if "again" in request.GET else {})
    except FAILURES as error:
        return failed(request, error)


def come_back(request):
    try:
        claims = told_claims(request)
        user = account_of(claims)
    except FAILURES as error:
        return failed(request, error)
    except Refused as refusal:
        return render(request, "admin/logins/refused.html", {"refusal": refusal}, status=403)
    login(request, user, backend=SIGNED_ON_BY_UNIVERSITY)
    return redirect(going_on(request, request.session.pop(NEXT, ""), "admin:index"))


def told_claims(request):
    """Those of the signed token, and those that the server tells besides."""
    token = university().authorize_access_token(request)
    claims = token["userinfo"]
    if settings.OIDC_GROUPS_CLAIM in claims:
        return claims
    besides = university().userinfo(token=token)
    if besides["sub"] != claims["sub"]:
        raise ValueError("The server tells of somebody else than it has signed for.")
    return claims | besides


def account_of(claims):
    """The account of the person, made on first sight, with the group that the university's groups give."""
    person = {"issuer": claims["iss"], "subject": claims["sub"]}
    name, group = name_of(person, str(claims[settings.OIDC_USERNAME_CLAIM])), group_of(claims)
    refuse(name, group)
    told = {field: claims[claim][:LONGEST] for field, claim in TOLD.items() if claims.get(claim)}
    with transaction.atomic():
        user, _is_new = User.objects.update_or_create(username=name, defaults={"is_staff": True} | told)
        user.groups.set([group])
        UniversityIdentity.objects.update_or_create(user=user, defaults=person)
    return user


def name_of(person, told):
    """An account stays its person's, whatever she is called now, and whoever is called that now."""
    if known := UniversityIdentity.objects.filter(**person).select_related("user").first():
        return known.user.username
    if UniversityIdentity.objects.filter(user__username=told).exists():
        raise Refused(_("The account “%s” is somebody else's. Ask whoever administers this site.") % told)
    return told


def refuse(name, group):
    known = User.objects.filter(username=name)
    if known.filter(is_superuser=True).exists():
        raise Refused(_("“%s” administers this site, and signs in with a password.") % name)
    if known.filter(is_active=False).exists():
        raise Refused(_("The account “%s” has been closed.") % name)
    if not group:
        known.filter(university_identity__isnull=False).update(is_staff=False)
        raise Refused(_("“%s” is not in a group of the exchange office. Ask your IT staff to add you to one.") % name)
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError as error:
        raise Refused(
            _("“%(name)s” cannot be a user name here: %(why)s") % {"name": name[:80], "why": error.messages[0]}
        ) from error


def group_of(claims):
    told = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    names = {told} if isinstance(told, str) else {*told}
    ours = {"Exchange coordinators": settings.OIDC_COORDINATORS, "Assistants": settings.OIDC_ASSISTANTS}
    name = next((name for name, theirs in ours.items() if names.intersection(theirs)), None)
    return name and Group.objects.get(name=name)


def failed(request, error):
    log.warning("Single sign-on failed: %r", error)
    return render(request, "admin/logins/failed.html", status=502)
