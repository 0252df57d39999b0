"""Requests to public addresses of the internet only, as websites come from files that anyone can write."""

import socket
from ipaddress import ip_address

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

TIMEOUT = 10, 20
"""Seconds to connect, and without a byte of an answer."""
MAX_REDIRECTS = 10


class UnknownHostError(Exception):
    pass


class PrivateAddressError(Exception):
    pass


def is_public(address: str) -> bool:
    address = ip_address(address)
    return address.is_global and not address.is_multicast


class PublicConnectionMixin:
    """Connect only to addresses that were checked to be public. Needs a connection of urllib3.

    A name could have a public address when it is checked, and a private one when it is resolved for the connection.
    """

    def _new_conn(self):
        try:
            results = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnknownHostError from error
        addresses = [address[0] for *_family, address in results]
        if not all(map(is_public, addresses)):
            raise PrivateAddressError
        # To the first that answers, as a machine may have no IPv6.
        for address in addresses:
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError as failure:
                error = failure
        if isinstance(error, TimeoutError):
            raise ConnectTimeoutError from error
        raise error


class PublicHTTPConnection(PublicConnectionMixin, HTTPConnection):
    pass


class PublicHTTPSConnection(PublicConnectionMixin, HTTPSConnection):
    pass


class PublicAdapter(HTTPAdapter):
    def get_connection_with_tls_context(self, *args, **kwargs):
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = PublicHTTPSConnection if pool.scheme == "https" else PublicHTTPConnection
        return pool


def public_session(user_agent: str) -> requests.Session:
    """Return a session for HTTP and HTTPS, without proxies and passwords of this machine."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = MAX_REDIRECTS
    session.headers = {"User-Agent": user_agent, "Accept": "text/html,*/*;q=0.5"}
    for scheme in ("http://", "https://"):
        session.mount(scheme, PublicAdapter())
    return session
