"""Helpers that run nginx with the configuration of deploy/ in front of one or several sites."""

import os
import re
import subprocess
from contextlib import contextmanager

from tests.helpers.serving import ROOT, free_port, is_responding, wait_until

DEPLOY = ROOT / "deploy"
SERVER_NAME = "partners.example.edu"
TEMP_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
ROUTE_BY_HEADER = """
map $http_x_to $selected_site {{ default partners; {} }}
"""
"""The request header X-To selects the site by its port. Without it, nginx distributes requests round-robin."""
TO_SELECTED_SITE = "proxy_pass http://$selected_site; add_header X-From $upstream_addr always;"


def create_certificate(folder):
    """Create a self-signed certificate for SERVER_NAME and 127.0.0.1 with its key, and return its path."""
    names = ["-subj", f"/CN={SERVER_NAME}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "fullchain.pem"


@contextmanager
def run_nginx(folder, *site_ports, settings=""):
    """Run nginx, and yield the ports for HTTP and HTTPS.

    Only ports and paths differ from the configuration in deploy/. `settings` are added to it. Of several sites no page
    is kept, so that each answers itself.
    """
    http_port, https_port = free_port(), free_port()
    site_config = _site_config(folder, http_port, https_port, site_ports)
    (folder / "nginx.conf").write_text(_nginx_config(folder, settings + site_config))
    command = ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: is_responding(http_port))
        yield http_port, https_port
    finally:
        process.terminate()
        process.wait()


def _site_config(folder, http_port, https_port, site_ports):
    servers = [f"server 127.0.0.1:{port};" for port in site_ports]
    replacements = {
        "listen 80;": f"listen 127.0.0.1:{http_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{https_port} ssl",
        "server 127.0.0.1:8000;": " ".join(servers),
        f"/etc/letsencrypt/live/{SERVER_NAME}": str(folder),
        "/var/cache/nginx-partners": str(folder / "cache"),
    }
    text = re.sub(r" +listen \[::\].*\n", "", (DEPLOY / "nginx.conf").read_text())
    for old, new in replacements.items():
        text = text.replace(old, new)
    if len(servers) > 1:
        routes = ROUTE_BY_HEADER.format(" ".join(f"{port} 127.0.0.1:{port};" for port in site_ports))
        text = routes + text.replace("proxy_pass http://partners;", TO_SELECTED_SITE)
        text = text.replace("proxy_cache public_pages;", "proxy_cache off;")
    return text


def _nginx_config(folder, http_config):
    temp_paths = "".join(f"{name}_temp_path {folder}/{name};" for name in TEMP_PATHS)
    return (
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid; error_log {folder}/error.log; "
        f"events {{}} http {{ access_log {folder}/access.log; {temp_paths} {http_config} }}"
    )
