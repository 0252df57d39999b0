"""The storage of static files in production, and the complaint when they are not collected."""

MANIFEST_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"
NOT_COLLECTED = "not collected: run manage.py collectstatic with the site's settings, and restart the site"
