"""A coordinator who works in the office's own forms, and remembers what the site has confirmed."""

import itertools

import requests

from tests.forms import sent

ADMIN = "/admin/partners"


class NotConfirmedError(Exception):
    """A save that the site did not answer as it answers what it has done."""


class Coordinator:
    """With a university and an agreement that are hers alone."""

    def __init__(self, account, ports):
        self.account = account
        self.session = requests.Session()
        self.session.trust_env = False
        self.sites = itertools.cycle(f"http://127.0.0.1:{port}" for port in ports)
        self.confirmed, self.stale = [], 0

    def sign_in(self):
        form = {"username": self.account["name"], "password": self.account["password"]}
        self.save("/admin/login/", "login-form", **form)

    def edit_university(self, number):
        city = f"{self.account['name']} {number}"
        page = f"{ADMIN}/university/{self.account['university']}/change/"
        self.save(page, "university_form", city=city)
        self.confirmed.append(("university", self.account["university"], "city", city))
        self.stale += city not in self.get(self.account["page"]).text

    def edit_agreement(self, number):
        """Which is in process again, so that it can be signed."""
        notes = f"{self.account['name']} {number}"
        page = f"{ADMIN}/agreement/{self.account['agreement']}/change/"
        self.save(page, "agreement_form", notes=notes, status="in_process")
        self.confirmed.append(("agreement", self.account["agreement"], "notes", notes))

    def save(self, page, form, **typed):
        """Opens the page, sends its form (the one without an id, if none is named), and goes on to where that leads."""
        values = sent(self.get(page), form) | typed
        answer = self.session.post(next(self.sites) + page, values, allow_redirects=False)
        if answer.status_code != 302:
            raise NotConfirmedError(f"{page} is answered with {answer.status_code}: {answer.text[:200]}")
        self.get(answer.headers["Location"])

    def get(self, page):
        answer = self.session.get(next(self.sites) + page)
        answer.raise_for_status()
        return answer
