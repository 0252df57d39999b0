from django.core.exceptions import ImproperlyConfigured


def init_sentry(dsn):
    """Report errors to Sentry or a compatible server (GlitchTip, Bugsink), without user names, IPs and cookies."""
    try:
        import sentry_sdk  # not in requirements.txt, as most sites report errors by mail
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN is set, but sentry-sdk is missing. Install it with pip.") from error
    sentry_sdk.init(dsn, send_default_pii=False)
