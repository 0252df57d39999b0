"""A coordinator who works in the office's own forms, and remembers what the site has confirmed."""

import itertools
import random
import time
from datetime import date, timedelta

import requests

from tests.forms import sent

ADMIN = "/admin/partners"
FIRST_DAY = date(2000, 1, 1)


class NotConfirmedError(Exception):
    """A save that the site did not answer as it answers what it has done."""


class Coordinator:
    """With a university and an agreement that are hers alone. Each save puts something there that is new."""

    def __init__(self, account, ports):
        self.account = account
        self.session = requests.Session()
        self.session.trust_env = False
        self.sites = itertools.cycle([f"http://127.0.0.1:{port}" for port in ports])
        self.took, self.wrong, self.confirmed, self.stale = [], [], [], 0

    def sign_in(self):
        form = {"username": self.account["name"], "password": self.account["password"]}
        self.save("/admin/login/", "login-form", **form)
        self.took.clear()

    def work(self, seconds, pause):
        """Saves one thing after another. The pause before each is in seconds, in the mean."""
        end, chance = time.monotonic() + seconds, random.Random(self.account["name"])  # noqa: S311
        steps = itertools.cycle([self.edit_university, self.edit_agreement, self.mark_as_signed])
        for number, step in enumerate(steps):
            time.sleep(chance.uniform(0, 2 * pause))
            if time.monotonic() > end:
                return
            try:
                step(number)
            except (requests.RequestException, NotConfirmedError) as error:
                self.wrong.append(str(error))

    def edit_university(self, number):
        """Students have to see it at once."""
        city = f"{self.account['name']} {number}"
        page = f"{ADMIN}/university/{self.account['university']}/change/"
        self.save(page, "university_form", city=city)
        self.confirmed.append(("university", self.account["university"], "city", city))
        self.stale += city not in self.get(self.account["page"]).text

    def edit_agreement(self, number):
        """It is in process again, so that it can be signed."""
        notes = f"{self.account['name']} {number}"
        page = f"{ADMIN}/agreement/{self.account['agreement']}/change/"
        self.save(page, "agreement_form", notes=notes, status="in_process")
        self.confirmed.append(("agreement", self.account["agreement"], "notes", notes))

    def mark_as_signed(self, number):
        agreement, signed_on = self.account["agreement"], (FIRST_DAY + timedelta(days=number)).isoformat()
        self.save(f"{ADMIN}/agreement/sign/?id={agreement}", None, **{f"{agreement}-signed_on": signed_on})
        self.confirmed.append(("agreement", agreement, "signed_on", signed_on))

    def save(self, page, form, **typed):
        """Opens the page, sends its form (the one without an id, if none is named), and goes on to where that leads."""
        values = sent(self.get(page), form) | typed
        start = time.perf_counter()
        answer = self.session.post(next(self.sites) + page, values, allow_redirects=False)
        if answer.status_code != 302:
            raise NotConfirmedError(f"{page} is answered with {answer.status_code}: {answer.text[:200]}")
        self.took.append((time.perf_counter() - start) * 1000)
        self.get(answer.headers["Location"])

    def get(self, page):
        answer = self.session.get(next(self.sites) + page)
        answer.raise_for_status()
        return answer
