"""Gunicorn's configuration: single-threaded worker processes, each replaced after some ten thousand requests."""

import gc
import sys

from django.urls import get_resolver

from exchange import logging_config
from exchange.settings import LOG_FORMAT, WEB_CONCURRENCY

# Workers import the settings themselves, so that a reload after an upgrade takes the new ones.
for name in ("exchange.settings", "exchange.env_validators"):
    del sys.modules[name]

workers = WEB_CONCURRENCY
timeout = 120
graceful_timeout = 30
max_requests, max_requests_jitter = 10_000, 1_000
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
# Gunicorn would trust these headers from any program on this machine. Django reads them, and only with BEHIND_PROXY.
forwarder_headers, secure_scheme_headers = "", {}
logconfig_dict = logging_config.console_logging(LOG_FORMAT)


def post_worker_init(worker):
    """Load the URLconf before the first request, and exempt everything loaded so far from garbage collection."""
    get_resolver().url_patterns  # noqa: B018
    gc.collect()
    gc.freeze()
