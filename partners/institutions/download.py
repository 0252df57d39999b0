"""Download the newest release of the Research Organization Registry (ROR) from Zenodo.

The requests are those of https://ror.readme.io/docs/data-dump, and nothing else is sent.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from tqdm import tqdm

from partners.institutions.releases import ReleaseError

TIMEOUT = 10, 60
"""Seconds to connect, and without a byte of an answer."""
CHUNK_SIZE = 1 << 16
MAX_LISTING_SIZE = 10_000_000
MAX_RELEASE_SIZE = 500_000_000
"""Bytes. A release has some 60,000,000, and the list of the newest 25 some 200,000."""
OTHER_ORIGIN = "The list of releases is at one address and leads to another, {:.200}, which is not requested."
AGAIN = "Run the command again: it goes on where it stopped."
BY_HAND = (
    "Or download the newest release by hand from https://zenodo.org/communities/ror-data and give its name:"
    " manage.py load_ror FILE.zip"
)


@dataclass(frozen=True)
class ReleaseFile:
    name: str
    url: str
    size: int
    checksum: str
    """The algorithm and the digits in base 16, separated by a colon."""


class SameOriginSession(requests.Session):
    """A session that requests one origin only, without a user's password for it.

    The settings allow no other scheme than HTTPS, so a redirect cannot leave it.
    """

    def __init__(self):
        super().__init__()
        self.max_redirects = 5
        self.headers = {"User-Agent": "exchange-partners", "Accept-Encoding": "identity"}
        # Without it, the library would look for a password in the file .netrc.
        self.auth = lambda request: request

    def get_redirect_target(self, response):
        target = super().get_redirect_target(response)
        if target and not has_same_origin(url := urljoin(response.url, target)):
            response.close()
            raise ReleaseError(OTHER_ORIGIN.format(url))
        return target


def has_same_origin(url: str) -> bool:
    return urlsplit(url)[:2] == urlsplit(settings.ROR_RELEASES_URL)[:2]


def download_newest_release(folder: Path) -> Path:
    """Return the file of the newest release, downloaded into the folder. Raise ReleaseError.

    A file that is there in part is completed.
    """
    host = urlsplit(settings.ROR_RELEASES_URL).hostname
    try:
        with SameOriginSession() as session:
            release = find_newest_release(session)
            path = folder / release.name
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists() or path.stat().st_size < release.size:
                _download_rest(session, release, path)
        _verify(release, path)
    except requests.RequestException as error:
        raise ReleaseError(f"{host} {_describe(error)} {BY_HAND}") from error
    except OSError as error:
        raise ReleaseError(f"{folder} cannot be used: {error.strerror}. Set ROR_CACHE_DIR to another.") from error
    except ReleaseError as error:
        raise ReleaseError(f"{error} {BY_HAND}") from error
    return path


def find_newest_release(session: SameOriginSession) -> ReleaseFile:
    content = bytearray()
    with _open_response(session, settings.ROR_RELEASES_URL) as response:
        for chunk in response.iter_content(CHUNK_SIZE):
            content += chunk
            if len(content) > MAX_LISTING_SIZE:
                raise ReleaseError(f"The list of releases has more than {MAX_LISTING_SIZE:,} bytes.")
    try:
        files = json.loads(content)["hits"]["hits"][0]["files"]
        file = [file for file in files if file["key"].endswith(".zip")][-1]
        release = ReleaseFile(Path(file["key"]).name, file["links"]["self"], int(file["size"]), file["checksum"])
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ReleaseError(f"{urlsplit(response.url).hostname} has not answered with a list of releases.") from error
    if not has_same_origin(release.url):
        raise ReleaseError(OTHER_ORIGIN.format(release.url))
    if release.size > MAX_RELEASE_SIZE:
        raise ReleaseError(f"The newest release has more than {MAX_RELEASE_SIZE:,} bytes.")
    return release


@contextmanager
def _open_response(session: SameOriginSession, url: str, **headers: str) -> Iterator[requests.Response]:
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        host = urlsplit(url).hostname
        if response.status_code == requests.codes.too_many_requests:
            raise ReleaseError(f"{host} has had too many requests. Try again in an hour.")
        if not response.ok:
            raise ReleaseError(f"{host} answers {response.status_code} {response.reason} to {url:.200}.")
        if "html" in response.headers.get("Content-Type", ""):
            raise ReleaseError(f"{host} answers with a web page. Is there a page to sign in to the network?")
        yield response


def _download_rest(session: SameOriginSession, release: ReleaseFile, path: Path) -> None:
    """Append what the file lacks, or all of it if the server cannot send a part."""
    offset = path.stat().st_size if path.exists() else 0
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    with _open_response(session, release.url, **headers) as response:
        is_rest = response.status_code == requests.codes.partial_content
        bar = {
            "desc": release.name,
            "total": release.size,
            "initial": offset * is_rest,
            "unit": "B",
            "unit_scale": True,
        }
        with path.open("ab" if is_rest else "wb") as file, tqdm(**bar, leave=False, disable=None) as progress:
            for chunk in response.iter_content(CHUNK_SIZE):
                file.write(chunk)
                progress.update(len(chunk))
                if file.tell() > release.size:
                    break
    if path.stat().st_size < release.size:
        raise ReleaseError(f"The connection ended after {path.stat().st_size:,} of {release.size:,} bytes. {AGAIN}")


def _verify(release: ReleaseFile, path: Path) -> None:
    """Delete a file with another checksum than its release, which is against damage and not against forgery."""
    algorithm, _colon, expected = release.checksum.partition(":")
    try:
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    except ValueError as error:
        raise ReleaseError(f"The checksum of {release.name} is of an unknown kind.") from error
    if checksum != expected:
        path.unlink()
        raise ReleaseError(f"{release.name} was damaged on its way, and has been deleted. Run the command again.")


def _describe(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"does not answer in time. {AGAIN}"
    if isinstance(error, requests.exceptions.SSLError):
        return "has no valid certificate."
    if isinstance(error, requests.TooManyRedirects):
        return "redirects again and again."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"has ended the connection early. {AGAIN}"
    return "cannot be reached. Is this machine connected to the internet?"
