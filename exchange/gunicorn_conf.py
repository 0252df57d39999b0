"""How gunicorn serves the site: processes of one thread each, which it renews one by one."""

import gc

from django.urls import get_resolver

from exchange import environment as env
from exchange import logging_config

workers = env.WEB_CONCURRENCY
timeout = 120
graceful_timeout = 30
max_requests, max_requests_jitter = 10_000, 1_000
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
# Django alone reads what a proxy says, and only with BEHIND_PROXY. Gunicorn would believe any program of this machine.
forwarder_headers, secure_scheme_headers = "", {}
logconfig_dict = logging_config.console_logging(env.LOG_FORMAT)


def post_worker_init(worker):
    """What every page needs is loaded before the first, and is not looked through for garbage while students wait."""
    get_resolver().url_patterns  # noqa: B018
    gc.collect()
    gc.freeze()
