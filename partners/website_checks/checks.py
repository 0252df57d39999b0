"""Check the websites of universities: requests in parallel, one at a time for each host."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import transaction
from django.utils.timezone import now
from tqdm import tqdm

from partners.models import University, WebsiteCheck, WebsiteProblem
from partners.website_checks.public_sessions import TIMEOUT, PrivateAddressError, UnknownHostError, public_session

MAX_PARALLEL_HOSTS = 8
BATCH_SIZE = 500
MAX_URL_LENGTH = 500
GONE = {requests.codes.not_found, requests.codes.gone}
PERMANENT_REDIRECTS = {requests.codes.moved_permanently, requests.codes.permanent_redirect}
PROBLEM_BY_ERROR = {
    UnknownHostError: WebsiteProblem.UNKNOWN_HOST,
    PrivateAddressError: WebsiteProblem.NOT_PUBLIC,
    requests.exceptions.SSLError: WebsiteProblem.CERTIFICATE,
    requests.Timeout: WebsiteProblem.TIMEOUT,
    # The general errors are the last, as they include the two before. A redirect to a malformed URL is a ValueError.
    requests.RequestException: WebsiteProblem.UNREACHABLE,
    ValueError: WebsiteProblem.UNREACHABLE,
}


@dataclass
class Finding:
    university: University
    problem: WebsiteProblem | None
    moved_to: str = ""


def check_websites(universities: Iterable[University]) -> Iterator[Finding]:
    """Yield a finding for each of the universities, which have websites, as it is made."""
    by_host = defaultdict(list)
    for university in universities:
        by_host[urlsplit(university.website).hostname].append(university)
    with ThreadPoolExecutor(MAX_PARALLEL_HOSTS) as executor:
        futures = [executor.submit(_check_host, group) for group in by_host.values()]
        for future in tqdm(as_completed(futures), total=len(futures), desc="Checking", leave=False, disable=None):
            yield from future.result()


def _check_host(universities: list[University]) -> list[Finding]:
    contact = f" (+{settings.SITE_URL})" if settings.SITE_URL else ""
    with public_session(f"exchange-partners{contact}") as session:
        return [Finding(university, *check_website(session, university.website)) for university in universities]


def check_website(session: requests.Session, url: str) -> tuple[WebsiteProblem | None, str]:
    """Return the problem, if there is one, and the address to which permanent redirects before any other lead.

    A status other than 404 and 410 is none: sites answer programs with 403, 429 or 503 and people with the page.
    """
    try:
        # Some servers do not know HEAD. The body of a response to GET is not read.
        for method in ("HEAD", "GET"):
            with session.request(method, url, allow_redirects=True, stream=True, timeout=TIMEOUT) as response:
                if response.ok:
                    break
    except tuple(PROBLEM_BY_ERROR) as error:
        return next(problem for kind, problem in PROBLEM_BY_ERROR.items() if isinstance(error, kind)), ""
    if response.status_code in GONE:
        return WebsiteProblem.GONE, ""
    responses = [*response.history, response]
    moved_to = next(step.url for step in responses if step.status_code not in PERMANENT_REDIRECTS)
    return (None, "") if _site(moved_to) == _site(url) else (WebsiteProblem.MOVED, moved_to[:MAX_URL_LENGTH])


def _site(url: str) -> str:
    """Return the host. HTTPS, www and another page of it do not count as a move."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


@transaction.atomic
def save_findings(findings: list[Finding]) -> None:
    """Store the problems, with the number of checks in a row that found one, and forget what works."""
    earlier = {check.university_id: check for check in WebsiteCheck.objects.all()}
    checks = []
    for finding in findings:
        university, before = finding.university, earlier.get(finding.university.pk)
        failures = before.failures + 1 if before and before.website == university.website else 1
        if finding.problem:
            checks.append(
                WebsiteCheck(
                    university=university,
                    website=university.website,
                    problem=finding.problem,
                    moved_to=finding.moved_to,
                    failures=min(failures, 1_000),
                    checked_at=now(),
                )
            )
    WebsiteCheck.objects.all().delete()
    WebsiteCheck.objects.bulk_create(checks, batch_size=BATCH_SIZE)
