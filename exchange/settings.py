from datetime import timedelta

from django.conf.locale import LANG_INFO

from exchange import environment as env
from exchange import logging_config
from exchange.sentry import init_sentry

HOUR = 60 * 60
# The maximum age of a session that is in use: a working day.
SESSION_ABSOLUTE_AGE = 10 * HOUR

BASE_DIR = env.BASE_DIR

SECRET_KEY = env.SECRET_KEY
SECRET_KEY_FALLBACKS = env.SECRET_KEY_FALLBACKS
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS
OFFICE_NAME = env.OFFICE_NAME
OFFICE_EMAIL = env.OFFICE_EMAIL
SITE_URL = env.SITE_URL
IMPORT_MAX_MB = env.IMPORT_MAX_MB
DOCUMENT_MAX_MB = env.DOCUMENT_MAX_MB

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
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_filters",
    "django_htmx",
    "import_export",
    "simple_history",
    "partners",
    "partners.accounts",
]

MIDDLEWARE = [
    "exchange.logging_config.request_log_middleware",
    "exchange.i18n.url_locale_middleware",
    "partners.public.middleware.PageCacheMiddleware",
    "csp.middleware.CSPMiddleware",
    "exchange.middleware.permissions_policy_middleware",
    "exchange.health.health_check_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "partners.public.middleware.PublicViewMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "exchange.middleware.no_store_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "partners.accounts.session_backend.sliding_session_middleware",
    "partners.accounts.security_log.forbidden_log_middleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "exchange.null_characters.RejectNullCharactersMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
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
                "exchange.context_processors.site_settings",
                "exchange.i18n.language_links",
            ],
        },
    }
]

DATABASES = {"default": env.DATABASE | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.CACHE}
if env.CACHE["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    options = {"socket_connect_timeout": 2, "socket_timeout": 2, "serializer": "exchange.cache_backends.DataSerializer"}
    CACHES["default"] = env.CACHE | {"BACKEND": "exchange.cache_backends.FailSafeRedisCache", "OPTIONS": options}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.OFFICE_EMAIL or "webmaster@localhost"
vars().update(env.EMAIL)

BEHIND_PROXY = env.BEHIND_PROXY
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
MFA_REQUIRED = env.MFA_REQUIRED
OTP_TOTP_ISSUER = OFFICE_NAME
OIDC_ISSUER = env.OIDC_ISSUER
OIDC_CLIENT_ID = env.OIDC_CLIENT_ID
OIDC_CLIENT_SECRET = env.OIDC_CLIENT_SECRET
OIDC_USERNAME_CLAIM = env.OIDC_USERNAME_CLAIM
OIDC_GROUPS_CLAIM = env.OIDC_GROUPS_CLAIM
OIDC_COORDINATOR_GROUPS = env.OIDC_COORDINATOR_GROUPS
OIDC_ASSISTANT_GROUPS = env.OIDC_ASSISTANT_GROUPS
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}" for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "partners.accounts.password_validators.PaddedCommonPasswordValidator"},
    {"NAME": "partners.accounts.password_validators.GuessableWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = HOUR

# Each language's name in itself.
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in env.LANGUAGES]
LANGUAGE_CODE = env.LANGUAGES[0]
# LOCALE_PATHS takes precedence over the translations of every app, Django's own included.
LOCALE_PATHS = [env.LOCALE]
FORMAT_MODULE_PATH = "exchange.formats"
TIME_ZONE = env.TIME_ZONE
USE_TZ = True

FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "exchange.upload_handlers.FaultTolerantUploadHandler",
]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # With DEBUG too, so that files collected with DEBUG on can be served with it off.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env.DOCUMENTS_S3_BUCKET:
    STORAGES["documents"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.DOCUMENTS_S3_BUCKET,
            "access_key": env.DOCUMENTS_S3_ACCESS_KEY,
            "secret_key": env.DOCUMENTS_S3_SECRET_KEY,
            "endpoint_url": env.DOCUMENTS_S3_ENDPOINT or None,
            "region_name": env.DOCUMENTS_S3_REGION or None,
            "addressing_style": "path" if env.DOCUMENTS_S3_ENDPOINT else "auto",
            "signature_version": "s3v4",
            "file_overwrite": False,
        },
    }
else:
    STORAGES["documents"] = {
        "BACKEND": "exchange.storages.CleanupFileSystemStorage",
        "OPTIONS": {
            "location": env.DOCUMENTS_DIR,
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
        "report-uri": env.CSP_REPORT_URI or None,
    }
}
X_FRAME_OPTIONS = "DENY"
EMBED_ALLOWED_ORIGINS = env.EMBED_ALLOWED_ORIGINS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if env.HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "partners.accounts.session_backend"
SESSION_COOKIE_AGE = 2 * HOUR
SECURE_HSTS_SECONDS = 31_536_000 if env.HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.HTTPS
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# HSTS preloading commits the whole domain, which only its owner can decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

LOGGING = logging_config.build_logging(env.LOG_FORMAT, is_quiet=DEBUG)
ADMINS = [(email, email) for email in env.ADMINS]
EMAIL_SUBJECT_PREFIX = f"[{OFFICE_NAME}] "
if env.SENTRY_DSN:
    init_sentry(env.SENTRY_DSN)
