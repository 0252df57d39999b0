"""How gunicorn serves the site: processes of one thread each, which it renews one by one."""

from exchange import environment as env
from exchange import logs

workers = env.WEB_CONCURRENCY
timeout = 120
graceful_timeout = 30
max_requests, max_requests_jitter = 10_000, 1_000
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
logconfig_dict = logs.to_console(env.LOG_FORMAT)
