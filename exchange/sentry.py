from django.core.exceptions import ImproperlyConfigured


def init_sentry(dsn):
    """Errors go to Sentry or to what speaks like it (GlitchTip, Bugsink), without names or addresses of people."""
    try:
        import sentry_sdk
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set, but sentry-sdk is missing. Install it with pip.") from error
    sentry_sdk.init(dsn, send_default_pii=False)
