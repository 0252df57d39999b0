"""Any sequence of forms, actions on several agreements, imports, their undo and reverts, as a coordinator makes it.

After each step signed agreements are apart in time, and no step has failed otherwise than with a sentence.
"""

from contextlib import ExitStack, contextmanager
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.db.models import Max
from django.test import Client
from django.utils.timezone import localdate
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from partners.admin.signature_forms import CONFIRMATION_FIELD
from partners.enums import AgreementStatus
from partners.groups import Role
from partners.imports.resources import RegisterResource
from partners.models import Agreement, AgreementType, Mobility, Run
from partners.querysets import EXPIRED, IN_FORCE, UPCOMING
from tests.helpers import history_pages, import_pages
from tests.helpers.database import rolled_back
from tests.helpers.factories import AgreementFactory, UniversityFactory, create_staff
from tests.helpers.html import elements, form_data
from tests.helpers.register_files import HEADERS
from tests.helpers.tables import write_table

pytestmark = pytest.mark.slow

START = date(2026, 4, 1)
NAMES = ["Kassel", "Marburg"]
DAYS = [date(year, month, 1) - timedelta(days) for year in (2025, 2026, 2027) for month in (4, 9) for days in (0, 1)]
ONE_DAY = timedelta(days=1)
OVERLAPS = """
    SELECT one.id, other.id FROM partners_agreement one JOIN partners_agreement other ON one.id < other.id
        AND one.university_id = other.university_id AND one.agreement_type_id = other.agreement_type_id
        AND one.scope_key = other.scope_key AND one.status = 'signed' AND other.status = 'signed'
        AND (one.valid_from IS NULL OR other.valid_until IS NULL OR one.valid_from <= other.valid_until)
        AND (other.valid_from IS NULL OR one.valid_until IS NULL OR other.valid_from <= one.valid_until)
"""

numbers = st.integers(0, 99)
scopes = st.sampled_from(["", "", "Law", "LAW "])
type_names = st.sampled_from(["Bilateral", "Bilateral", "Erasmus+", ""])


@st.composite
def periods(draw):
    """Return a first day, a last day and "open-ended", as texts by field; those of a field may be missing."""
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    period = {"valid_from": draw(st.sampled_from([str(first), str(first), ""])), "valid_until": str(last)}
    if draw(st.integers(0, 2)) == 0:
        period |= {"valid_until": "", "is_open_ended": draw(st.sampled_from(["on", ""]))}
    return {name: value for name, value in period.items() if draw(st.integers(0, 3))}


@st.composite
def values(draw, **others):
    """Return the texts of a period, and of some other fields."""
    return draw(periods()) | draw(st.fixed_dictionaries({}, optional=others))


new_values = st.builds(
    dict.__or__,
    periods(),
    st.fixed_dictionaries(
        {"agreement_type": type_names, "scope": scopes, "status": st.sampled_from(["signed", "in_process"])}
    ),
)
changed_values = values(
    agreement_type=type_names, scope=scopes, status=st.sampled_from(["signed", "signed", "in_process", "ended"])
)
listed_terms = st.sampled_from(
    [
        *("Bilateral", "Erasmus+", "Bilateral / Erasmus+", "in process", "Bilateral (in process)"),
        *("Bilateral & Bilateral (in process)", "Erasmus+ / in process", "Erasmus+ & Bilateral (in process)"),
    ]
)
changed_cells = values(
    agreement_type=type_names,
    scope=scopes,
    status=st.sampled_from(["signed", "signed", "in process", "ended"]),
    number=st.just(""),
).map(lambda cells: {HEADERS[name]: "yes" if text == "on" else text for name, text in cells.items()})


edited_values = st.builds(
    dict.__or__,
    values(due_on=st.sampled_from(DAYS).map(str)),
    st.sampled_from([{}, {"mobilities": "replace", "mobilities-0-places": "2"}]),
)
bulk_actions = st.one_of(
    st.tuples(st.just("sign"), st.fixed_dictionaries({"values": st.lists(changed_values, min_size=1, max_size=3)})),
    st.tuples(st.just("renew"), st.fixed_dictionaries({"values": st.lists(periods(), min_size=1, max_size=3)})),
    st.tuples(st.just("end"), st.fixed_dictionaries({"number": numbers, "day": st.sampled_from(DAYS) | st.none()})),
    st.tuples(st.just("edit_together"), st.fixed_dictionaries({"values": edited_values})),
)


class Office(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(rolled_back())
        self.stack.enter_context(connection.execute_wrapper(self.record_integrity_errors))
        self.clock = self.stack.enter_context(time_machine.travel(f"{START}T12:00Z", tick=False))
        self.integrity_errors = []
        self.coordinator = create_staff("coordinator", Role.COORDINATOR)
        self.type_ids = {name: pk for pk, name in AgreementType.objects.values_list("pk", "name")}
        self.universities = [UniversityFactory(name=name) for name in NAMES]
        for university in self.universities:
            AgreementFactory(university=university, valid_from=DAYS[0], valid_until=DAYS[-1])
            AgreementFactory(university=university, valid_from=DAYS[0], status=AgreementStatus.IN_PROCESS)
        self.log_in()

    def teardown(self):
        self.stack.close()

    def log_in(self):
        self.browser = Client()
        self.browser.force_login(self.coordinator)

    def record_integrity_errors(self, execute, sql, params, many, context):
        try:
            return execute(sql, params, many, context)
        except IntegrityError as error:
            self.integrity_errors.append(str(error))
            raise

    def fill_in(self, values):
        """Replace the name of a type by its key."""
        chosen = values.get("agreement_type")
        return values | {"agreement_type": self.type_ids[chosen]} if chosen else values

    def submit(self, url, form, fill_in):
        """Submit a form with changed values, and once more what its page then proposes or asks to confirm."""
        page = self.browser.get(url, follow=True)
        if not elements(page, form):
            return
        data = form_data(page, form)
        for _attempt in range(2):
            page = self.post(url, data | fill_in(data))
            if page.redirect_chain:
                return
            data = form_data(page, form)

    def post(self, url, data):
        page = self.browser.post(url, data, follow=True)
        self.check(page)
        return page

    def check(self, page):
        """Assert that the database has refused nothing: forms and files are validated before."""
        assert (page.status_code, self.integrity_errors) == (200, [])

    @contextmanager
    def cover_kept(self):
        """Assert that signing leaves the days before the start of what is signed as covered as they were."""
        in_process, before = set(Agreement.objects.in_process()), periods_by_slot()
        yield
        signed = [agreement for agreement in Agreement.objects.signed() if agreement in in_process]
        after = periods_by_slot()
        for slot in {slot_of(agreement) for agreement in signed}:
            start = min(agreement.valid_from or date.min for agreement in signed if slot_of(agreement) == slot)
            for day in boundaries(before, after):
                if day < start and covers(before.get(slot, []), day):
                    assert covers(after[slot], day)

    @rule(university=st.sampled_from([0, 1]), values=new_values)
    def add_agreement(self, university, values):
        values = self.fill_in(values) | {"university": self.universities[university].pk}
        self.submit("/admin/partners/agreement/add/", "#agreement_form", lambda data: values)

    @rule(number=numbers, values=changed_values)
    def change_agreement(self, number, values):
        if agreement := pick(number, Agreement.objects.all()):
            url = f"/admin/partners/agreement/{agreement.pk}/change/"
            confirmed = {CONFIRMATION_FIELD: values.get("valid_until", "")}
            with self.cover_kept():
                self.submit(url, "#agreement_form", lambda data: self.fill_in(values) | confirmed)

    @rule(university=st.sampled_from([0, 1]), rows=st.lists(changed_values, max_size=4))
    def change_rows_of_university(self, university, rows):
        def fill_in(data):
            typed = {"agreements-TOTAL_FORMS": max(len(rows), int(data["agreements-INITIAL_FORMS"]))}
            for index, values in enumerate(rows):
                if f"agreements-{index}-id" not in data:
                    values = {"status": "in_process", "id": ""} | values
                typed |= {f"agreements-{index}-{name}": value for name, value in self.fill_in(values).items()}
            return typed

        url = f"/admin/partners/university/{self.universities[university].pk}/change/"
        self.submit(url, "#university_form", fill_in)

    @rule(values=st.lists(changed_values, min_size=1, max_size=3))
    def sign(self, values):
        deals = list(Agreement.objects.in_process().order_by("pk"))[: len(values)]
        with self.cover_kept():
            self.submit_bulk_form("sign", deals, values, {"signed_on": str(localdate())})

    @rule(values=st.lists(periods(), min_size=1, max_size=3))
    def renew(self, values):
        self.submit_bulk_form("renew", list(Agreement.objects.signed().order_by("-pk"))[: len(values)], values)

    @rule(number=numbers, day=st.sampled_from(DAYS) | st.none())
    def end(self, number, day):
        if agreement := pick(number, Agreement.objects.open()):
            values = {"on": str(day or localdate()), "reason": "merger"}
            self.submit_bulk_form("end", [agreement], [values])

    def submit_bulk_form(self, name, agreements, values, required=()):
        typed = {}
        for agreement, row in zip(agreements, values, strict=False):
            row = dict(required) | self.fill_in(row) | {CONFIRMATION_FIELD: row.get("valid_until", "")}
            typed |= {f"{agreement.pk}-{field}": value for field, value in row.items()}
        url = f"/admin/partners/agreement/{name}/?" + "&".join(f"id={agreement.pk}" for agreement in agreements)
        self.submit(url, ".bulk-form", lambda data: typed)

    @rule(values=edited_values)
    def edit_together(self, values):
        agreements = Agreement.objects.order_by("-pk")[:3]
        url = "/admin/partners/agreement/edit/?" + "&".join(f"id={agreement.pk}" for agreement in agreements)
        typed = form_data(self.browser.get(url), "#content form") | values
        page = self.post(url, typed)
        if buttons := elements(page, "button[name=digest]"):
            self.post(url, typed | {"digest": buttons[0].get("value")})

    @rule(steps=st.lists(bulk_actions, min_size=1, max_size=2))
    def act_together_and_undo(self, steps):
        """Undoing the runs of these steps, the last first, leads back exactly."""
        before, last_run = stored(), Run.objects.aggregate(pk=Max("pk", default=0))["pk"]
        for name, arguments in steps:
            getattr(self, name)(**arguments)
        for run in Run.objects.filter(pk__gt=last_run).order_by("-pk"):
            self.post(import_pages.run_url(run, "undo/"), {})
        assert stored() == before

    @rule(terms=st.dictionaries(st.sampled_from(NAMES), listed_terms, min_size=1))
    def import_list(self, terms):
        rows = [("Germany", name, listed) for name, listed in terms.items()]
        self.import_table([("Country", "University name", "Agreement type"), *rows])

    @rule(changes=st.lists(changed_cells, min_size=1, max_size=4))
    def import_register(self, changes):
        """Import an export with other cells in the first of its rows."""
        header, *rows = RegisterResource().export()
        changed = [
            [cells.get(column, cell) for column, cell in zip(header, row, strict=True)]
            for row, cells in zip(rows, changes, strict=False)
        ]
        self.import_table([header, *changed, *rows[len(changed) :]])

    def import_table(self, table):
        preview = import_pages.upload(self.browser, write_table(table, "tsv"))
        assert preview.status_code == 200
        if elements(preview, f'form[action="{import_pages.CONFIRM}"]'):
            self.check(import_pages.confirm(self.browser, preview))

    @rule(number=numbers)
    def undo(self, number):
        if run := pick(number, Run.objects.accepted().filter(undone_at=None)):
            self.post(import_pages.run_url(run, "undo/"), {})

    @rule(number=numbers, version=numbers)
    def revert(self, number, version):
        if agreement := pick(number, Agreement.objects.all()):
            index = version % agreement.history.count()
            self.post(history_pages.version_url(agreement, index), history_pages.latest_version(agreement))

    @rule(days=st.integers(1, 400))
    def let_time_pass(self, days):
        self.clock.shift(timedelta(days=days))
        self.log_in()

    @invariant()
    def signed_periods_are_apart(self):
        with connection.cursor() as cursor:
            cursor.execute(OVERLAPS)
            assert cursor.fetchall() == []

    @invariant()
    def each_signed_agreement_is_in_one_state_on_any_day(self):
        signed = sorted(Agreement.objects.signed().values_list("pk", flat=True))
        for day in boundaries(periods_by_slot()):
            found = [pk for state in (UPCOMING, IN_FORCE, EXPIRED) for pk in pks_in_state(state, day)]
            assert sorted(found) == signed


def stored():
    """Return all rows that actions on several agreements change."""
    return [list(model.objects.order_by("pk").values_list()) for model in (Agreement, Mobility)]


def pick(number, queryset):
    """Return one of the rows, or None if there is none."""
    rows = list(queryset.order_by("pk"))
    return rows[number % len(rows)] if rows else None


def slot_of(agreement):
    return agreement.university_id, agreement.agreement_type_id, agreement.scope_key


def periods_by_slot():
    periods = {}
    for agreement in Agreement.objects.signed():
        periods.setdefault(slot_of(agreement), []).append(agreement.period)
    return periods


def boundaries(*registers):
    """Return the first and last days of all periods, and the days beside them."""
    days = {day for register in registers for found in register.values() for period in found for day in period if day}
    return sorted({day + offset for day in days for offset in (-ONE_DAY, timedelta(), ONE_DAY)})


def covers(periods, day):
    return any(start <= day <= end for start, end in [period.bounds for period in periods])


def pks_in_state(state, day):
    return Agreement.objects.in_states(day, state).values_list("pk", flat=True)


def test_any_sequence_of_steps_keeps_signed_agreements_apart(db):
    run_state_machine_as_test(
        Office,
        settings=settings(max_examples=6, stateful_step_count=15, suppress_health_check=[HealthCheck.too_slow]),
    )
