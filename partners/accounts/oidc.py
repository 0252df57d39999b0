"""Signing in with the university's own account, by OpenID Connect.

The university says who somebody is and which groups they are in; the office's settings say what
that makes them here. It is asked anew at each sign-in, so that who leaves the office loses it.
"""

import logging
from functools import cache
from types import SimpleNamespace

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import Group, User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from partners.accounts.backends import OIDC_BACKEND
from partners.accounts.models import OIDCIdentity
from partners.accounts.redirects import safe_next_url

COOKIE = ("__Host-" if settings.SESSION_COOKIE_SECURE else "") + "university_sign_on"
COOKIE_AGE = 10 * 60
MAX_PENDING = 3
"""Sign-ons that one browser may have begun, in as many tabs: a cookie holds 4,096 bytes."""
MAX_NEXT_LENGTH = 500
MAX_SUBJECT_LENGTH = 255
TIMEOUT = 10
"""That the university's server has to answer."""
CLAIM_BY_FIELD = {"email": "email", "first_name": "given_name", "last_name": "family_name"}
FORCE_LOGIN = {"prompt": "login"}
"""Also who is signed in at the university, to confirm that it is she."""
ALLOWED_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""A key that the server alone has: neither one that it shares with us, nor none."""
PROVIDER_ERRORS = (
    AuthlibBaseError,
    AttributeError,
    JoseError,
    LookupError,
    RequestException,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What the library raises over an answer that is wrong, late or not there."""
log = logging.getLogger(__name__)


class AccessDeniedError(Exception):
    """Somebody whom the university knows, and who is not of the office, told in a sentence."""


@cache
def get_oidc_client():
    if not settings.OIDC_ISSUER:
        raise Http404
    server = OAuth().register(
        "university",
        server_metadata_url=f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )
    validate_provider_metadata(server.load_server_metadata())
    return server


def validate_provider_metadata(metadata):
    """What a server tells of itself must not pass it off as another one, nor let anybody else sign for it."""
    if metadata["issuer"] != settings.OIDC_ISSUER:
        raise ValueError(f"The server calls itself {metadata['issuer']}, and OIDC_ISSUER is {settings.OIDC_ISSUER}.")
    told = metadata.get("id_token_signing_alg_values_supported", ALLOWED_ALGORITHMS)
    metadata["id_token_signing_alg_values_supported"] = [each for each in ALLOWED_ALGORITHMS if each in told]


def oidc_login(request):
    """From the login page. Whom a page elsewhere sends is led there first, so that nobody is signed on unawares."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return redirect("admin:login")
    pending = SimpleNamespace(session=read_pending(request))
    try:
        back = request.build_absolute_uri(reverse("single_sign_on_back"))
        response = get_oidc_client().authorize_redirect(pending, back, **FORCE_LOGIN if "again" in request.GET else {})
    except PROVIDER_ERRORS as error:
        return provider_error(request, error)
    *_earlier, begun = pending.session.values()
    del begun["data"]["url"]
    next_url = request.GET.get("next", "")
    begun["next"] = next_url if len(next_url) <= MAX_NEXT_LENGTH else ""
    set_pending(response, pending.session)
    return response


def oidc_callback(request):
    pending = read_pending(request)
    begun = pending.get(f"_state_university_{request.GET.get('state')}", {})
    response = sign_on(request, pending, begun.get("next", ""))
    set_pending(response, pending)
    return response


def sign_on(request, pending, next_url):
    try:
        answer = SimpleNamespace(method="GET", GET=request.GET, session=pending)
        user = get_or_create_user(fetch_claims(answer))
    except PROVIDER_ERRORS as error:
        return provider_error(request, error)
    except AccessDeniedError as refusal:
        return render(request, "admin/accounts/refused.html", {"refusal": refusal}, status=403)
    login(request, user, backend=OIDC_BACKEND)
    return redirect(safe_next_url(request, next_url, "admin:index"))


def read_pending(request):
    """Return what Authlib has to know of the sign-ons that a browser has begun. A session would be a row for each."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}


def set_pending(response, pending):
    latest = dict([*pending.items()][-MAX_PENDING:])
    if not latest:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    value = signing.dumps(latest, salt=COOKIE, compress=True)
    is_secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, value, COOKIE_AGE, secure=is_secure, httponly=True, samesite="Lax")


def fetch_claims(answer):
    """Those of the signed token, and those that the server tells besides, which change none of those."""
    token = get_oidc_client().authorize_access_token(answer)
    claims = token["userinfo"]
    if settings.OIDC_GROUPS_CLAIM in claims:
        return claims
    besides = get_oidc_client().userinfo(token=token)
    if besides["sub"] != claims["sub"]:
        raise ValueError("The server tells of somebody else than it has signed for.")
    return besides | claims


def get_or_create_user(claims):
    """The account of the person, made on first sight, with the group that the university's groups give."""
    person = {"issuer": claims["iss"], "subject": subject_in(claims)}
    name, group = resolve_username(person, claims), group_from_claims(claims)
    check_access(name, group)
    told = {field: value for field, claim in CLAIM_BY_FIELD.items() if (value := text_of(field, claims.get(claim)))}
    with transaction.atomic():
        user, _is_new = User.objects.update_or_create(username=name, defaults={"is_staff": True} | told)
        if user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
        user.groups.set([group])
        OIDCIdentity.objects.update_or_create(user=user, defaults=person)
    return user


def subject_in(claims):
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.isprintable() or len(subject) > MAX_SUBJECT_LENGTH:
        raise ValueError(f"The claim sub is no short text: {str(subject)[:300]!r}.")
    return subject


def username_in(claims):
    """Return the name that the university gives somebody, which may be a number."""
    name = claims[settings.OIDC_USERNAME_CLAIM]
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        raise ValueError(f"The claim {settings.OIDC_USERNAME_CLAIM} is no name: {str(name)[:300]!r}.")
    try:
        User._meta.get_field("username").run_validators(str(name))
    except ValidationError as error:
        raise AccessDeniedError(
            _("“%(name)s” cannot be a user name here: %(why)s") % {"name": str(name)[:80], "why": error.messages[0]}
        ) from error
    return str(name)


def text_of(field, value):
    """Return what of a claim an account can hold: what is no text, or no email address, is as good as not there."""
    if not isinstance(value, str):
        return ""
    text = "".join(filter(str.isprintable, value))[: User._meta.get_field(field).max_length]
    try:
        return User._meta.get_field(field).clean(text, None)
    except ValidationError:
        return ""


def resolve_username(person, claims):
    """An account stays its person's, whatever she is called now, and whoever is called that now."""
    if known := OIDCIdentity.objects.filter(**person).select_related("user").first():
        return known.user.username
    told = username_in(claims)
    if OIDCIdentity.objects.filter(user__username=told).exists():
        raise AccessDeniedError(_("The account “%s” is somebody else's. Ask whoever administers this site.") % told)
    return told


def check_access(name, group):
    known = User.objects.filter(username=name)
    if known.filter(is_superuser=True).exists():
        raise AccessDeniedError(_("“%s” administers this site, and signs in with a password.") % name)
    if known.filter(is_active=False).exists():
        raise AccessDeniedError(_("The account “%s” has been closed.") % name)
    if not group:
        known.filter(university_identity__isnull=False).update(is_staff=False)
        raise AccessDeniedError(
            _("“%s” is not in a group of the exchange office. Ask your IT staff to add you to one.") % name
        )


def group_from_claims(claims):
    told = claims.get(settings.OIDC_GROUPS_CLAIM)
    names = {name for name in (told if isinstance(told, list) else [told]) if isinstance(name, str)}
    ours = {"Exchange coordinators": settings.OIDC_COORDINATOR_GROUPS, "Assistants": settings.OIDC_ASSISTANT_GROUPS}
    name = next((name for name, theirs in ours.items() if names.intersection(theirs)), None)
    return name and Group.objects.get(name=name)


def provider_error(request, error):
    log.warning("Single sign-on failed: %r", error)
    return render(request, "admin/accounts/failed.html", status=502)
