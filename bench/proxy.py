"""Compare the public list kept by nginx with the site alone, and with the same page as a static file of nginx."""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from bench import competitor_servers
from bench.competitor_servers import NGINX, free_port, gunicorn, run_server
from bench.competitors import OURS
from bench.measure import ROOT
from bench.measurement_env import MeasurementEnv
from bench.public import pages_per_second

CONFIG = """
daemon off; pid {folder}/proxy.pid; error_log stderr; worker_processes 2;
events {{}}
http {{ access_log off; proxy_temp_path {folder}/proxy; {site} }}
"""
LIST, FILTERED = "/", "/?country=DE"


@contextmanager
def proxy(folder: Path, site_port: int) -> Iterator[int]:
    """Run nginx with the configuration of deploy/, without TLS and the limit of requests with a query."""
    port = free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    site = re.sub(r"(?m)^ +(ssl_\w+ .*|listen \[::\].*|limit_req zone=.*)\n", "", site)
    for old, new in {
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{site_port};",
        "/var/cache/nginx-partners": f"{folder}/kept",
    }.items():
        site = site.replace(old, new)
    config_file = folder / "proxy.conf"
    config_file.write_text(CONFIG.format(folder=folder, site=site))
    folder.chmod(0o755)
    with run_server([NGINX, "-c", str(config_file)], {}, port):
        yield port


def measure(env: MeasurementEnv, rows: int, seconds: int) -> dict[str, float]:
    environment = OURS.environment(env.loaded_database(OURS, rows)) | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with gunicorn("exchange.wsgi", environment) as site_port:
        with urlopen(f"http://localhost:{site_port}{LIST}") as response:
            page = response.read()
        results = {"the site alone": pages_per_second(site_port, [LIST], seconds)}
        with proxy(env.folder, site_port) as port:
            results["kept by nginx"] = pages_per_second(port, [LIST], seconds)
            results["kept by nginx, filtered"] = pages_per_second(port, [FILTERED], seconds)
    with competitor_servers.nginx(env, page) as (port, path):
        return results | {"a static file of nginx": pages_per_second(port, [path], seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.proxy", description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="universities")
    parser.add_argument("--seconds", type=int, default=5, help="for each number")
    options = parser.parse_args()
    if not NGINX:
        print("Skipped: nginx is not installed.")
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        results = measure(MeasurementEnv(Path(folder), seed=1), options.rows, options.seconds)
    print(f"The list of {options.rows:,} universities, pages in a second:")
    print(*(f"  {name:<30}{value:>10,.1f}" for name, value in results.items()), sep="\n")
    for other in ("the site alone", "a static file of nginx"):
        print(f"  kept by nginx / {other}: {results['kept by nginx'] / results[other]:.2f}")


if __name__ == "__main__":
    main()
