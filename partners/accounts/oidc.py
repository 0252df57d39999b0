"""Login with a university account, by OpenID Connect.

The provider tells identity and groups, and the settings map groups to roles. Both are applied at each login, so that
users who leave the office lose access.
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
from partners.groups import Role, get_group
from partners.http import safe_next_url

COOKIE_NAME = ("__Host-" if settings.SESSION_COOKIE_SECURE else "") + "oidc_login"
COOKIE_AGE = 10 * 60
MAX_PENDING_LOGINS = 3
"""Logins that one browser can have started, in as many tabs: a cookie holds 4,096 bytes."""
MAX_NEXT_URL_LENGTH = 500
MAX_SUBJECT_LENGTH = 255
TIMEOUT = 10
"""Seconds for each request to the provider."""
CLAIM_BY_FIELD = {"email": "email", "first_name": "given_name", "last_name": "family_name"}
FORCE_LOGIN = {"prompt": "login"}
"""Makes the provider ask for credentials even in an open session, for reauthentication."""
ALLOWED_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric algorithms only: no shared secret, and not ``none``."""
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
"""Raised by Authlib over a response that is wrong, late or missing."""
logger = logging.getLogger(__name__)


class AccessDeniedError(Exception):
    """Raised with a message for the user when the provider's user may not sign in here."""


@cache
def get_oidc_client():
    """Return the client of the provider's metadata, which accepts the allowed algorithms of ID tokens only.

    Raise ValueError if the provider is not the configured issuer, and Http404 if none is configured.
    """
    if not settings.OIDC_ISSUER:
        raise Http404
    client = OAuth().register(
        "university",
        server_metadata_url=f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )
    metadata = client.load_server_metadata()
    if metadata["issuer"] != settings.OIDC_ISSUER:
        raise ValueError(f"The provider calls itself {metadata['issuer']}, and OIDC_ISSUER is {settings.OIDC_ISSUER}.")
    supported = metadata.get("id_token_signing_alg_values_supported", ALLOWED_ALGORITHMS)
    allowed = [algorithm for algorithm in ALLOWED_ALGORITHMS if algorithm in supported]
    metadata["id_token_signing_alg_values_supported"] = allowed
    return client


def oidc_login(request):
    """Redirect to the provider. Requests from other sites go to the login page first, so that login is deliberate."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return redirect("admin:login")
    pending = read_pending_logins(request)
    parameters = FORCE_LOGIN if "again" in request.GET else {}
    try:
        callback_url = request.build_absolute_uri(reverse("oidc_callback"))
        # Authlib adds the state of this login to what it holds to be the session.
        response = get_oidc_client().authorize_redirect(SimpleNamespace(session=pending), callback_url, **parameters)
    except PROVIDER_ERRORS as error:
        return provider_error(request, error)
    started = list(pending.values())[-1]
    # The longest part of the state, and not needed by the callback.
    del started["data"]["url"]
    next_url = request.GET.get("next", "")
    started["next"] = next_url if len(next_url) <= MAX_NEXT_URL_LENGTH else ""
    set_pending_logins(response, pending)
    return response


def oidc_callback(request):
    pending = read_pending_logins(request)
    next_url = pending.get(f"_state_university_{request.GET.get('state')}", {}).get("next", "")
    try:
        # Authlib reads no more of a request than this, and takes its state out of what it holds to be the session.
        callback_request = SimpleNamespace(method="GET", GET=request.GET, session=pending)
        user = get_or_create_user(fetch_claims(callback_request))
    except PROVIDER_ERRORS as error:
        response = provider_error(request, error)
    except AccessDeniedError as error:
        response = render(request, "admin/accounts/access_denied.html", {"reason": error}, status=403)
    else:
        login(request, user, backend=OIDC_BACKEND)
        response = redirect(safe_next_url(request, next_url, "admin:index"))
    set_pending_logins(response, pending)
    return response


def read_pending_logins(request):
    """Return Authlib's state of the logins that the browser has started. In a cookie, as a session costs a row."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE_NAME, ""), salt=COOKIE_NAME, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}


def set_pending_logins(response, pending):
    latest = dict(list(pending.items())[-MAX_PENDING_LOGINS:])
    if not latest:
        response.delete_cookie(COOKIE_NAME, samesite="Lax")
        return
    value = signing.dumps(latest, salt=COOKIE_NAME, compress=True)
    is_secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE_NAME, value, COOKIE_AGE, secure=is_secure, httponly=True, samesite="Lax")


def fetch_claims(callback_request):
    """Return the claims of the ID token, completed from the userinfo endpoint if it has no groups."""
    token = get_oidc_client().authorize_access_token(callback_request)
    claims = token["userinfo"]
    if settings.OIDC_GROUPS_CLAIM in claims:
        return claims
    userinfo = get_oidc_client().userinfo(token=token)
    if userinfo["sub"] != claims["sub"]:
        raise ValueError("The userinfo response has another subject than the ID token.")
    return userinfo | claims


def get_or_create_user(claims):
    """Return the user of the claims, created at the first login, with names, email and group as claimed."""
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.isprintable() or len(subject) > MAX_SUBJECT_LENGTH:
        raise ValueError(f"The claim sub is not a short text: {str(subject)[:300]!r}.")
    identity = {"issuer": claims["iss"], "subject": subject}
    username, group = resolve_username(identity, claims), group_from_claims(claims)
    check_access(username, group)
    fields = {field: clean_claim(field, claims.get(claim)) for field, claim in CLAIM_BY_FIELD.items()}
    given = {field: value for field, value in fields.items() if value}
    with transaction.atomic():
        user, _created = User.objects.update_or_create(username=username, defaults={"is_staff": True} | given)
        if user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
        user.groups.set([group])
        OIDCIdentity.objects.update_or_create(user=user, defaults=identity)
    return user


def resolve_username(identity, claims):
    """Return the username of a known identity, even if the claim has changed, or else the claimed one if it is free."""
    if known := OIDCIdentity.objects.filter(**identity).select_related("user").first():
        return known.user.username
    claim = claims[settings.OIDC_USERNAME_CLAIM]
    # Providers may send the username as a number.
    if isinstance(claim, bool) or not isinstance(claim, (str, int)):
        raise ValueError(f"The claim {settings.OIDC_USERNAME_CLAIM} is not a name: {str(claim)[:300]!r}.")
    username = str(claim)
    try:
        User._meta.get_field("username").run_validators(username)
    except ValidationError as error:
        raise AccessDeniedError(
            _("“%(name)s” cannot be a user name here: %(why)s") % {"name": username[:80], "why": error.messages[0]}
        ) from error
    if OIDCIdentity.objects.filter(user__username=username).exists():
        raise AccessDeniedError(_("The account “%s” is somebody else's. Ask whoever administers this site.") % username)
    return username


def clean_claim(field, value):
    """Return the claim as a valid value of the user's field, or an empty string."""
    if not isinstance(value, str):
        return ""
    text = "".join(filter(str.isprintable, value))[: User._meta.get_field(field).max_length]
    try:
        return User._meta.get_field(field).clean(text, None)
    except ValidationError:
        return ""


def check_access(username, group):
    """Raise AccessDeniedError for superusers, closed accounts and users without a group of the office."""
    known = User.objects.filter(username=username)
    if known.filter(is_superuser=True).exists():
        raise AccessDeniedError(_("“%s” administers this site, and signs in with a password.") % username)
    if known.filter(is_active=False).exists():
        raise AccessDeniedError(_("The account “%s” has been closed.") % username)
    if not group:
        known.filter(oidc_identity__isnull=False).update(is_staff=False)
        raise AccessDeniedError(
            _("“%s” is not in a group of the exchange office. Ask your IT staff to add you to one.") % username
        )


def group_from_claims(claims):
    claim = claims.get(settings.OIDC_GROUPS_CLAIM)
    claimed = {name for name in (claim if isinstance(claim, list) else [claim]) if isinstance(name, str)}
    roles = {Role.COORDINATOR: settings.OIDC_COORDINATOR_GROUPS, Role.ASSISTANT: settings.OIDC_ASSISTANT_GROUPS}
    role = next((role for role, provider_groups in roles.items() if claimed.intersection(provider_groups)), None)
    try:
        return role and get_group(role)
    except Group.DoesNotExist as error:
        raise AccessDeniedError(
            _("No group has the role “%s”. Ask whoever administers this site to choose one.") % role.label
        ) from error


def provider_error(request, error):
    logger.warning("Single sign-on failed: %r", error)
    return render(request, "admin/accounts/oidc_error.html", status=502)
