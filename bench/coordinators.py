"""A simulated coordinator who submits the admin's forms and records what the site has confirmed."""

import itertools
import random
import time
from datetime import date, timedelta

import requests

from tests.helpers.html import form_data

ADMIN = "/admin/partners"
FIRST_DAY = date(2000, 1, 1)


class NotConfirmedError(Exception):
    """The response to a save was not the redirect of a successful one."""


class Coordinator:
    """A user with a university and an agreement of her own, so that each save writes a new, distinguishable value."""

    def __init__(self, account, ports):
        self.account = account
        self.session = requests.Session()
        self.session.trust_env = False
        self.base_urls = itertools.cycle([f"http://127.0.0.1:{port}" for port in ports])
        self.durations_ms, self.errors, self.confirmed_saves, self.stale_count = [], [], [], 0

    def sign_in(self):
        credentials = {"username": self.account["name"], "password": self.account["password"]}
        self.save("/admin/login/", "#login-form", **credentials)
        self.durations_ms.clear()

    def work(self, seconds, pause):
        """Save repeatedly until the time is over. ``pause`` is the mean number of seconds before a save."""
        end, rng = time.monotonic() + seconds, random.Random(self.account["name"])  # noqa: S311
        actions = itertools.cycle([self.edit_university, self.edit_agreement, self.mark_as_signed])
        for sequence, action in enumerate(actions):
            time.sleep(rng.uniform(0, 2 * pause))
            if time.monotonic() > end:
                return
            try:
                action(sequence)
            except (requests.RequestException, NotConfirmedError) as error:
                self.errors.append(str(error))

    def edit_university(self, sequence):
        """Change the city, and count the public page as stale if it does not have it at once."""
        city = f"{self.account['name']} {sequence}"
        path = f"{ADMIN}/university/{self.account['university']}/change/"
        self.save(path, "#university_form", city=city)
        self.confirmed_saves.append(("university", self.account["university"], "city", city))
        self.stale_count += city not in self.get(self.account["page"]).text

    def edit_agreement(self, sequence):
        """Change the notes, and set the status back to in process so that the agreement can be signed again."""
        notes = f"{self.account['name']} {sequence}"
        path = f"{ADMIN}/agreement/{self.account['agreement']}/change/"
        self.save(path, "#agreement_form", notes=notes, status="in_process")
        self.confirmed_saves.append(("agreement", self.account["agreement"], "notes", notes))

    def mark_as_signed(self, sequence):
        agreement, signed_on = self.account["agreement"], (FIRST_DAY + timedelta(days=sequence)).isoformat()
        self.save(f"{ADMIN}/agreement/sign/?id={agreement}", "#content form", **{f"{agreement}-signed_on": signed_on})
        self.confirmed_saves.append(("agreement", agreement, "signed_on", signed_on))

    def save(self, path, selector, **values):
        """Open the page, submit the form that a CSS selector finds, with the values, and follow the redirect."""
        data = form_data(self.get(path), selector) | values
        start = time.perf_counter()
        response = self.session.post(next(self.base_urls) + path, data, allow_redirects=False)
        if response.status_code != 302:
            raise NotConfirmedError(f"{path}: status {response.status_code}: {response.text[:200]}")
        self.durations_ms.append((time.perf_counter() - start) * 1000)
        self.get(response.headers["Location"])

    def get(self, path):
        response = self.session.get(next(self.base_urls) + path)
        response.raise_for_status()
        return response
