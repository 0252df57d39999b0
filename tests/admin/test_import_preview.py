"""Decisions on an import's preview: questions about names, and what takes back the work of people."""

import io

import pytest
from openpyxl import load_workbook

from partners.models import Agreement, Run, University
from tests.helpers.factories import AgreementFactory, partners
from tests.helpers.html import attributes, buttons, count_queries, element_texts, form_data, messages, text
from tests.helpers.import_pages import CONFIRM, confirm, upload

MCI, MCI_IN_FILE = "Management Center Innsbruck (MCI)", "MCI, Management Center Innsbruck"
CHOSEN = ".decision input:checked"
NOT_FOUND = "No question and no line to tick has these words."


def list_of(*lines):
    return "\n".join(["Country\tUniversity name\tAgreement type", *lines]).encode()


MCI_LIST = list_of(f"Germany\t{MCI_IN_FILE}\tErasmus+", "Germany\tBonn\tGE3")
MARBURG_LIST = list_of("Germany\tMarburg\tBilateral (in process)/GE3", "Germany\tBonn\tGE3")


@pytest.fixture
def mci(db):
    return AgreementFactory(university__name=MCI).university


@pytest.fixture
def marburg(coordinator):
    """A university whose agreement the coordinator has signed."""
    agreement = AgreementFactory(university__name="Marburg", status="in_process")
    agreement.status, agreement._history_user = "signed", coordinator
    agreement.save()
    return agreement.university


def submit(browser, preview, answers, url=CONFIRM):
    """Submit the form of a preview with these answers, to import or to another of its buttons."""
    return browser.post(url, form_data(preview, f'form[action="{CONFIRM}"]') | answers, follow=True)


def preview_url(step="preview"):
    return f"/admin/partners/university/import/{step}/{Run.objects.latest('pk').token}/"


def agreements(university):
    return sorted(map(str, university.agreements.all()))


def test_question_names_the_candidates_with_their_reasons_and_changes(coordinator_client, mci):
    page = upload(coordinator_client, MCI_LIST)

    assert element_texts(page, "fieldset.decision legend") == [f"{MCI_IN_FILE} Germany, line 2"]
    assert element_texts(page, ".answer") == [
        "New New: Erasmus+ agreement, signed.",
        f"{MCI} Same name without what stands in brackets. "
        "New: Erasmus+ agreement, signed. The Bilateral agreement ends.",
    ]
    assert attributes(page, CHOSEN, "value") == []
    assert "Answer 1 question, then import" in buttons(page)
    assert element_texts(page, ".preview-section summary")[0] == "New 1"


def test_unanswered_question_comes_back_with_an_error(coordinator_client, mci):
    page = submit(coordinator_client, upload(coordinator_client, MCI_LIST), {})

    assert page.redirect_chain == [(f"{preview_url()}?unanswered=1#question-2", 302)]
    assert messages(page) == ["Nothing is imported yet. Answer the questions that are marked."]
    assert element_texts(page, "#question-2 .errorlist") == ["Choose one of these."]
    assert University.objects.get() == mci


@pytest.mark.parametrize(
    ("answers", "name", "other_names"),
    [({}, MCI, MCI_IN_FILE), ({"takes-name-2": "on"}, MCI_IN_FILE, MCI)],
    ids=["register's name", "file's name"],
)
def test_known_university_keeps_both_names(coordinator_client, mci, answers, name, other_names):
    preview = upload(coordinator_client, MCI_LIST)

    page = submit(coordinator_client, preview, {"answer-2": mci.pk} | answers)

    assert messages(page) == ["Imported partners.tsv: 1 new, 1 changed, 0 unchanged, 0 errors."]
    mci.refresh_from_db()
    assert (mci.name, mci.other_names) == (name, other_names)
    assert agreements(mci) == [f"{name}: Bilateral (ended)", f"{name}: Erasmus+ (signed)"]


def test_name_may_be_new(coordinator_client, mci):
    page = submit(coordinator_client, upload(coordinator_client, MCI_LIST), {"answer-2": "new"})

    assert messages(page) == ["Imported partners.tsv: 2 new, 0 changed, 0 unchanged, 0 errors."]
    assert University.objects.filter(name__in=[MCI, MCI_IN_FILE]).count() == 2


def test_university_that_is_chosen_twice_is_an_error_at_both_lines(coordinator_client, mci):
    preview = upload(coordinator_client, list_of(*(f"Germany\t{MCI} {word}\tGE3" for word in ("Center", "Innsbruck"))))

    page = submit(coordinator_client, preview, {"answer-2": mci.pk, "answer-3": mci.pk})

    error = f"“{MCI}” is chosen for lines 2 and 3. Choose it for one of them."
    assert element_texts(page, ".decision .errorlist") == [error, error]
    assert attributes(page, CHOSEN, "value") == [str(mci.pk)] * 2
    assert messages(page) == ["Nothing is imported yet. Answer the questions that are marked."]


def test_answers_are_kept_when_one_searches(coordinator_client, mci):
    preview = upload(coordinator_client, MCI_LIST)

    page = submit(coordinator_client, preview, {"answer-2": mci.pk, "q": "bonn"}, preview_url())
    assert element_texts(page, ".decision") == []
    page = coordinator_client.get(preview_url())

    assert attributes(page, CHOSEN, "value") == [str(mci.pk)]
    assert "Import this" in buttons(page)
    assert element_texts(page, ".preview-section summary") == ["New 1"]


@pytest.mark.parametrize(("words", "expected"), [("innsbruck", "New, or another name? 1 of 2"), ("bonn", NOT_FOUND)])
def test_search_says_how_many_questions_it_finds(coordinator_client, mci, words, expected):
    AgreementFactory(university__name="University of Marburg")
    upload(coordinator_client, MCI_LIST + b"\nGermany\tMarburg University\tGE3")

    page = coordinator_client.get(preview_url(), {"q": words})

    assert element_texts(page, "#preview h3, #preview > p") == [expected]


def test_answers_are_in_the_workbook(coordinator_client, mci):
    preview = upload(coordinator_client, MCI_LIST)

    response = submit(coordinator_client, preview, {"answer-2": mci.pk}, preview_url("xlsx"))

    [_header, row, *_others] = load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    assert row == (
        "New, or another name?",
        2,
        "Germany",
        MCI_IN_FILE,
        f"New, or another name of “{MCI}” (same name without what stands in brackets)? Another name of “{MCI}”. "
        f"“{MCI_IN_FILE}” becomes another name. New: Erasmus+ agreement, signed. The Bilateral agreement ends.",
    )


def test_page_stays_current_when_one_downloads_the_workbook(coordinator_client, mci):
    preview = upload(coordinator_client, MCI_LIST)
    submit(coordinator_client, preview, {"answer-2": mci.pk}, preview_url("xlsx"))

    page = submit(coordinator_client, preview, {"answer-2": mci.pk})

    assert messages(page) == ["Imported partners.tsv: 1 new, 1 changed, 0 unchanged, 0 errors."]


def test_what_takes_back_is_left_without_a_tick(coordinator_client, marburg):
    preview = upload(coordinator_client, MARBURG_LIST)
    page = submit(coordinator_client, preview, {})

    assert attributes(preview, "[name=take_back]", "checked") == [None]
    assert messages(page) == ["Imported partners.tsv: 1 new, 0 changed, 1 unchanged, 0 errors."]
    assert agreements(marburg) == ["Marburg: Bilateral (signed)"]


def test_what_is_ticked_is_taken_back(coordinator_client, marburg):
    preview = upload(coordinator_client, MARBURG_LIST)

    page = submit(coordinator_client, preview, {"take_back": marburg.pk})

    assert messages(page) == ["Imported partners.tsv: 1 new, 1 changed, 0 unchanged, 0 errors."]
    assert agreements(marburg) == [
        "Marburg: Bilateral (ended)",
        "Marburg: Bilateral (in process)",
        "Marburg: GE3 (signed)",
    ]


def test_tick_is_removed_again(coordinator_client, marburg):
    preview = upload(coordinator_client, MARBURG_LIST)
    ticked = submit(coordinator_client, preview, {"take_back": marburg.pk}, preview_url())

    page = coordinator_client.post(preview_url(), {"listed": marburg.pk}, follow=True)

    assert attributes(ticked, CHOSEN, "name") == ["take_back"]
    assert attributes(page, CHOSEN, "name") == []


def test_candidate_whose_agreements_were_set_by_people_has_a_tick(coordinator_client, marburg):
    preview = upload(coordinator_client, list_of("Germany\tMarburg (Lahn)\tGE3"))
    left = submit(coordinator_client, preview, {"answer-2": marburg.pk}, preview_url())

    page = submit(coordinator_client, left, {"take_back": marburg.pk})

    assert element_texts(preview, ".answer .tick") == ["Take this back. Without a tick, the line changes nothing."]
    assert messages(page) == ["Imported partners.tsv: 0 new, 1 changed, 0 unchanged, 0 errors."]
    assert agreements(marburg) == ["Marburg: Bilateral (ended)", "Marburg: GE3 (signed)"]


def test_preview_of_what_is_left_alone_imports_nothing(coordinator_client, marburg):
    preview = upload(coordinator_client, list_of("Germany\tMarburg\tGE3"))

    page = submit(coordinator_client, preview, {})

    assert messages(page) == ["With these answers there is nothing to import."]
    assert not Run.objects.accepted().exists()


def test_second_preview_of_the_same_file_is_outdated(coordinator_client, mci):
    first, second = upload(coordinator_client, MCI_LIST), upload(coordinator_client, MCI_LIST)
    submit(coordinator_client, first, {"answer-2": mci.pk})

    page = submit(coordinator_client, second, {"answer-2": "new"})

    assert messages(page) == ["The register has changed since the preview: look at it again."]
    assert "There is nothing to import" in text(page)
    assert University.objects.count() == 2


def test_change_in_the_register_is_named_and_the_answers_are_kept(coordinator_client, mci):
    preview = upload(coordinator_client, MCI_LIST)
    Agreement.objects.get().end("2026-11-28", "ended")
    page = submit(coordinator_client, preview, {"answer-2": mci.pk})

    assert messages(page) == ["The register has changed since the preview: look at it again."]
    assert element_texts(page, "section:has(.history) h3") == ["Changed in the register since you chose the file"]
    assert f"{MCI}: Bilateral" in element_texts(page, ".history tbody")[0]
    assert attributes(page, CHOSEN, "value") == [str(mci.pk)]
    confirm(coordinator_client, page)
    assert agreements(mci) == [f"{MCI}: Bilateral (ended)", f"{MCI}: Erasmus+ (signed)"]


def test_other_answers_in_another_window_are_shown_first(coordinator_client, mci):
    preview = upload(coordinator_client, MCI_LIST)
    submit(coordinator_client, preview, {"answer-2": "new"}, preview_url())

    page = submit(coordinator_client, preview, {"answer-2": mci.pk})

    assert messages(page) == ["Other answers were given in another window: look at them again."]
    assert attributes(page, CHOSEN, "value") == [str(mci.pk)]
    assert University.objects.get() == mci


@pytest.mark.parametrize(
    "answers",
    [
        {"answer-2": "²"},
        {"answer-2": "9" * 30},
        {"answer-2": "99"},
        {"answer-²": "new"},
        {"answer-" + "2" * 30: "new"},
        {"take_back": ["x", "-1", "9" * 30], "listed": "²"},
    ],
)
def test_forged_answers_are_none(coordinator_client, mci, answers):
    page = submit(coordinator_client, upload(coordinator_client, MCI_LIST), answers)

    assert messages(page) == ["Nothing is imported yet. Answer the questions that are marked."]


def test_preview_of_an_import_that_is_done_is_its_run(coordinator_client, mci):
    submit(coordinator_client, upload(coordinator_client, MCI_LIST), {"answer-2": "new"})

    pages = [coordinator_client.post(preview_url(step), {"answer-2": mci.pk}) for step in ("preview", "xlsx")]

    assert [page.url for page in pages] == [f"/admin/partners/run/{Run.objects.get().pk}/change/"] * 2
    assert Run.objects.get().choices["names"] == {"2": "new"}


def list_of_other_names(universities):
    return list_of(*(f"Germany\t{university.name} (Berlin)\tGE3" for university in universities))


def test_questions_are_on_pages_which_keep_their_answers(coordinator_client, germany):
    preview = upload(coordinator_client, list_of_other_names(partners(120)))

    new = [{f"answer-{line}": "new" for line in range(start, start + 50)} for start in (2, 52)]
    second = submit(coordinator_client, preview, new[0] | {"page": 2}, preview_url())
    page = submit(coordinator_client, second, new[1])

    assert [len(element_texts(found, "fieldset.decision")) for found in (preview, second, page)] == [50, 50, 20]
    assert "Answer 70 questions, then import" in buttons(second)
    assert "Page 3 of 3" in text(page)
    assert Run.objects.get().accepted_at is None


@pytest.mark.parametrize("count", [3, 300])
def test_number_of_queries_is_independent_of_the_number_of_questions(coordinator_client, germany, count):
    upload(coordinator_client, list_of_other_names(partners(count)))

    assert count_queries(coordinator_client, preview_url()) == 13
