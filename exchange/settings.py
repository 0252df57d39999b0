import os
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from exchange import env_validators, logging_config
from exchange.env_validators import each, optional, validate_not_empty

HOUR = 60 * 60
# The maximum age of a session that is in use: a working day.
SESSION_ABSOLUTE_AGE = 10 * HOUR

BASE_DIR = Path(__file__).resolve().parent.parent
# LOCALE_PATHS takes precedence over the translations of every app, Django's own included.
LOCALE_PATHS = [BASE_DIR / "partners" / "locale"]

env = Env()
env.read_env(BASE_DIR / ".env", recurse=False)
env.add_parser("cache_url", env_validators.parse_cache_url)
env.add_parser("month_and_day", env_validators.parse_month_and_day)

with env_validators.env_errors_explained():
    SECRET_KEY = env.str("SECRET_KEY", validate=validate_not_empty)
    SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
    DEBUG = env.bool("DEBUG", False)
    HTTPS = env.bool("HTTPS", not DEBUG)
    BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    database = env.dj_db_url("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    cache = env.cache_url("CACHE_URL", "locmem://")
    email = env.dj_email_url("EMAIL_URL", "console://")
    if "EMAIL_BACKEND" not in email:
        raise EnvError('Environment variable "EMAIL_URL" invalid: Not a valid email URL.')
    OFFICE_NAME = env.str("OFFICE_NAME", "Exchange Office", validate=validate_not_empty)
    OFFICE_EMAIL = env.str("OFFICE_EMAIL", "", validate=optional(env_validators.validate_email))
    SITE_URL = env.str("SITE_URL", "", validate=optional(env_validators.validate_origin)).rstrip("/")
    DOCUMENTS_DIR = env.path("DOCUMENTS_DIR", BASE_DIR / "documents", validate=env_validators.validate_absolute_path)
    DOCUMENTS_S3_BUCKET = env.str("DOCUMENTS_S3_BUCKET", "")
    DOCUMENTS_S3_ACCESS_KEY = env.str("DOCUMENTS_S3_ACCESS_KEY", "")
    DOCUMENTS_S3_SECRET_KEY = env.str("DOCUMENTS_S3_SECRET_KEY", "")
    DOCUMENTS_S3_ENDPOINT = env.str("DOCUMENTS_S3_ENDPOINT", "", validate=optional(env_validators.validate_url))
    DOCUMENTS_S3_REGION = env.str("DOCUMENTS_S3_REGION", "")
    required_for_s3 = [DOCUMENTS_S3_BUCKET, DOCUMENTS_S3_ACCESS_KEY, DOCUMENTS_S3_SECRET_KEY]
    if any([*required_for_s3, DOCUMENTS_S3_ENDPOINT, DOCUMENTS_S3_REGION]) and not all(required_for_s3):
        raise EnvError(
            '"DOCUMENTS_S3_BUCKET", "DOCUMENTS_S3_ACCESS_KEY" and "DOCUMENTS_S3_SECRET_KEY" have to be set together, '
            'and "DOCUMENTS_S3_ENDPOINT" and "DOCUMENTS_S3_REGION" only with them.'
        )
    ROR_RELEASES_URL = env.str(
        "ROR_RELEASES_URL",
        "https://zenodo.org/api/communities/ror-data/records?q=&sort=newest",
        validate=env_validators.validate_https_or_loopback,
    )
    ROR_CACHE_DIR = env.path("ROR_CACHE_DIR", BASE_DIR / "ror", validate=env_validators.validate_absolute_path)
    DOCUMENT_MAX_MB = env.int("DOCUMENT_MAX_MB", 20)
    IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", 10)
    embed_allowed_origins = env.list("EMBED_ALLOWED_ORIGINS", [], validate=each(env_validators.validate_origin))
    EMBED_ALLOWED_ORIGINS = [origin.rstrip("/") for origin in embed_allowed_origins]
    language_codes = env.list(
        "LANGUAGES",
        ["en", "de", "fr", "es", "he"],
        validate=partial(env_validators.validate_languages, catalogues=LOCALE_PATHS[0]),
    )
    MFA_REQUIRED = env.bool("MFA_REQUIRED", False)
    OIDC_ISSUER = env.str("OIDC_ISSUER", "", validate=optional(env_validators.validate_url))
    # The library takes the default `...` for a required variable.
    OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", ... if OIDC_ISSUER else "none", validate=validate_not_empty)
    OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", ... if OIDC_ISSUER else "none", validate=validate_not_empty)
    OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", "preferred_username", validate=validate_not_empty)
    OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "groups", validate=validate_not_empty)
    OIDC_COORDINATOR_GROUPS = env.list("OIDC_COORDINATOR_GROUPS", ... if OIDC_ISSUER else [])
    OIDC_ASSISTANT_GROUPS = env.list("OIDC_ASSISTANT_GROUPS", [])
    TIME_ZONE = env.str("TIME_ZONE", "UTC", validate=env_validators.validate_time_zone)
    ACADEMIC_YEAR_START = env.month_and_day("ACADEMIC_YEAR_START", "09-01")
    csp_report_uri = env.str("CSP_REPORT_URI", "", validate=optional(env_validators.validate_url))
    WEB_CONCURRENCY = env.int(
        "WEB_CONCURRENCY", 2 * len(os.sched_getaffinity(0)) + 1, validate=env_validators.validate_positive
    )
    admin_emails = env.list("ADMINS", [], subcast=str.strip, validate=each(env_validators.validate_email))
    SENTRY_DSN = env.str("SENTRY_DSN", "", validate=optional(env_validators.validate_url))
    LOG_FORMAT = env.str("LOG_FORMAT", "plain", validate=env_validators.validate_log_format)

INSTALLED_APPS = [
    "partners.apps.PartnersAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_htmx",
    "import_export",
    "simple_history",
    "partners",
    "partners.accounts",
]

# A request goes down this list, its response back up.
MIDDLEWARE = [
    # Logs the time of all that follows, and gives each request an id.
    "exchange.logging_config.request_log_middleware",
    # Before the page cache, as URLs are resolved in their language.
    "exchange.i18n.url_locale_middleware",
    # Around the page cache, which has given public pages their Cache-Control when this adds it to all others.
    "exchange.middleware.default_headers_middleware",
    # Before all work on a request that a cached page needs no more; its response has the headers of what follows.
    "partners.public.page_cache.PageCacheMiddleware",
    # Around all that answers, so that redirects, static files and errors have the headers too.
    "csp.middleware.CSPMiddleware",
    # Before hosts are validated and HTTP is redirected: a probe knows the process, not the site's name.
    "exchange.health.health_check_middleware",
    "django.middleware.security.SecurityMiddleware",
    # Behind the redirect to HTTPS, before compression, as its files are compressed already.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    # The session comes before all that reads it.
    "django.contrib.sessions.middleware.SessionMiddleware",
    "partners.accounts.session_backend.sliding_session_middleware",
    # Around all that denies access.
    "partners.accounts.security_log.forbidden_log_middleware",
    # Reads the form first, which the next one searches.
    "django.middleware.csrf.CsrfViewMiddleware",
    "exchange.middleware.RejectNullCharactersMiddleware",
    # The user comes before messages, the user of a history row, and the limits on signing in.
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    # Last, as django-axes asks: it answers for a view that raises its lockout.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "exchange.urls"
WSGI_APPLICATION = "exchange.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "partners.context_processors.office_settings",
                "exchange.i18n.language_links",
            ],
        },
    }
]

DATABASES = {"default": database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": cache}
if cache["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    options = {"socket_connect_timeout": 2, "socket_timeout": 2, "serializer": "exchange.cache_backends.DataSerializer"}
    CACHES["default"] = cache | {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "OPTIONS": options}
EMAIL_BACKEND = email["EMAIL_BACKEND"]
EMAIL_FILE_PATH = email["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = email["EMAIL_HOST"], email["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = email["EMAIL_HOST_USER"], email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_SSL, EMAIL_USE_TLS = email["EMAIL_USE_SSL"], email["EMAIL_USE_TLS"]
EMAIL_TIMEOUT = email["EMAIL_TIMEOUT"] or 20
DEFAULT_FROM_EMAIL = email.get("DEFAULT_FROM_EMAIL", OFFICE_EMAIL or "webmaster@localhost")
SERVER_EMAIL = email.get("SERVER_EMAIL", OFFICE_EMAIL or "webmaster@localhost")

LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "partners.accounts.backends.OIDCBackend",
]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
ACCOUNT_FAILURE_LIMIT = 100
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_RESET_ON_SUCCESS = True
# Otherwise attempts from one locked-out network would use up ACCOUNT_FAILURE_LIMIT.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HANDLER = "partners.accounts.lockout.LockoutHandler"
AXES_USERNAME_CALLABLE = "partners.accounts.lockout.get_lockout_username"
AXES_CLIENT_IP_CALLABLE = "partners.http.get_client_network"
AXES_LOCKOUT_CALLABLE = "partners.accounts.lockout.lockout_response"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = OFFICE_NAME
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}" for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "partners.accounts.password_validators.PaddedCommonPasswordValidator"},
    {"NAME": "partners.accounts.password_validators.GuessableWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = HOUR

# Each language's name in itself.
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in language_codes]
LANGUAGE_CODE = language_codes[0]
FORMAT_MODULE_PATH = "exchange.formats"

# A university's page with hundreds of agreements has thousands of fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "exchange.upload_handlers.FaultTolerantUploadHandler",
]

DATA_UPLOAD_MAX_NUMBER_FILES = 100

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# The pictures of the manual, which the office reads as its help.
STATICFILES_DIRS = [("help", BASE_DIR / "docs" / "pictures")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # With DEBUG too, so that files collected with DEBUG on can be served with it off.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DOCUMENTS_S3_BUCKET:
    STORAGES["documents"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": DOCUMENTS_S3_BUCKET,
            "access_key": DOCUMENTS_S3_ACCESS_KEY,
            "secret_key": DOCUMENTS_S3_SECRET_KEY,
            "endpoint_url": DOCUMENTS_S3_ENDPOINT or None,
            "region_name": DOCUMENTS_S3_REGION or None,
            "addressing_style": "path" if DOCUMENTS_S3_ENDPOINT else "auto",
            "signature_version": "s3v4",
            "file_overwrite": False,
        },
    }
else:
    STORAGES["documents"] = {
        "BACKEND": "exchange.storages.CleanupFileSystemStorage",
        "OPTIONS": {
            "location": DOCUMENTS_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "report-uri": csp_report_uri or None,
    }
}
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "partners.accounts.session_backend"
SESSION_COOKIE_AGE = 2 * HOUR
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# HSTS preloading commits the whole domain, which only its owner can decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

LOGGING = logging_config.build_logging(LOG_FORMAT, is_quiet=DEBUG)
ADMINS = [(email, email) for email in admin_emails]
EMAIL_SUBJECT_PREFIX = f"[{OFFICE_NAME}] "
if SENTRY_DSN:
    try:
        import sentry_sdk  # not in requirements.txt, as most sites report errors by mail
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set, but sentry-sdk is missing. Install it with pip.") from error
    # Without user names, IPs and cookies. A compatible server (GlitchTip, Bugsink) does as well.
    sentry_sdk.init(SENTRY_DSN, send_default_pii=False)
