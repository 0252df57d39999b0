"""An nginx with the configuration of deploy/, in front of one site or of several."""

import os
import re
import subprocess
from contextlib import contextmanager

from tests.serving import ROOT, answers, free_port, until

DEPLOY = ROOT / "deploy"
NAME = "partners.example.edu"
KINDS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
AS_TOLD = """
map $http_x_to $told {{ default partners; {} }}
add_header X-From $upstream_addr always;
"""
"""By the header X-To, a test says to which site its request goes; without it, they take turns."""


def certificate(folder):
    """One for NAME and for this machine. The key lies beside it."""
    names = ["-subj", f"/CN={NAME}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "fullchain.pem"


@contextmanager
def nginx(folder, *site_ports, settings=""):
    """The ports for HTTP and HTTPS. Of the site's configuration, ports and paths alone are others.

    Settings of nginx are added to it.
    """
    plain, secure = free_port(), free_port()
    (folder / "nginx.conf").write_text(_whole(folder, settings + _of_site(folder, plain, secure, site_ports)))
    command = ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    subprocess.run([*command, "-t", "-q"], check=True)
    process = subprocess.Popen(command)
    try:
        until(lambda: answers(plain))
        yield plain, secure
    finally:
        process.terminate()
        process.wait()


def _of_site(folder, plain, secure, site_ports):
    sites = [f"server 127.0.0.1:{port};" for port in site_ports]
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "server 127.0.0.1:8000;": " ".join(sites),
        f"/etc/letsencrypt/live/{NAME}": str(folder),
    }
    text = re.sub(r" +listen \[::\].*\n", "", (DEPLOY / "nginx.conf").read_text())
    for old, new in changes.items():
        text = text.replace(old, new)
    if len(sites) > 1:
        told = AS_TOLD.format(" ".join(f"{port} 127.0.0.1:{port};" for port in site_ports))
        text = told + text.replace("proxy_pass http://partners;", "proxy_pass http://$told;")
    return text


def _whole(folder, of_site):
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in KINDS)
    return (
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid {folder}/pid; error_log {folder}/error.log; "
        f"events {{}} http {{ access_log {folder}/access.log; {temporary} {of_site} }}"
    )
