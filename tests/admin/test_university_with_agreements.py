"""A university is saved together with its agreements, what they offer, and their documents."""

import pytest

from partners.admin import document_fields
from partners.enums import AgreementStatus
from partners.models import Agreement, Document, Mobility, University
from tests.helpers.factories import AgreementFactory, DocumentFactory, MobilityFactory, UniversityFactory
from tests.helpers.files import PNG, upload
from tests.helpers.html import attributes, element_texts, elements, errors, form_data, links, messages

ADD = "/admin/partners/university/add/"


@pytest.fixture
def marburg(db):
    return UniversityFactory(name="Marburg")


def change_url(university):
    return f"/admin/partners/university/{university.pk}/change/"


def open_form(client, url):
    return form_data(client.get(url), "#university_form")


def agreement_row(index, **values):
    return {f"agreements-{index}-{name}": value for name, value in values.items()}


def mobility_line(agreement, index, **values):
    return agreement_row(agreement, **{f"mobilities-{index}-{name}": value for name, value in values.items()})


def graz(client, country, *types):
    """Return the form of a new university as it is submitted with an agreement of each type, each with 4 out, 4 in."""
    form = open_form(client, f"{ADD}?rows=2") | {"name": "University of Graz", "country": country.pk}
    for index, agreement_type in enumerate(types):
        form |= agreement_row(index, agreement_type=agreement_type.pk, status="signed", valid_from="2026-10-01")
        form |= mobility_line(index, 0, direction="out", places="4", study_levels=["bachelor"], languages="English B2")
        form |= mobility_line(index, 1, direction="in", places="4", study_levels=["bachelor"], languages="English B2")
    return form


def stored_mobilities():
    lines = Mobility.objects.order_by("agreement", "pk")
    return list(lines.values_list("agreement__agreement_type__slug", "direction", "places"))


def test_university_is_added_with_agreements_mobilities_and_documents(
    coordinator_client, coordinator, germany, bilateral, erasmus
):
    form = graz(coordinator_client, germany, bilateral, erasmus)
    files = agreement_row(0, added=[upload("bilateral.pdf")]) | agreement_row(1, added=[upload("erasmus.png", PNG)])

    page = coordinator_client.post(f"{ADD}?next=/admin/", form | files, follow=True)

    assert page.request["PATH_INFO"] == "/admin/"
    assert messages(page) == ["University of Graz was added with 2 agreements, 4 mobilities and 2 documents."]
    university = University.objects.get()
    assert links(page, ".messagelist a") == [("University of Graz", change_url(university))]
    assert stored_mobilities() == [
        *[("bilateral", "out", 4), ("bilateral", "in", 4)],
        *[("erasmus", "out", 4), ("erasmus", "in", 4)],
    ]
    documents = Document.objects.order_by("pk").values_list("agreement__agreement_type__slug", "name", "added_by")
    assert list(documents) == [
        ("bilateral", "bilateral.pdf", coordinator.pk),
        ("erasmus", "erasmus.png", coordinator.pk),
    ]
    reasons = [model.history.latest().history_change_reason for model in (University, Agreement, Mobility, Document)]
    assert reasons == ["added", "edited on the university's page", "added", "added"]


def test_all_errors_are_at_their_fields_and_nothing_is_saved(
    coordinator_client, documents, germany, bilateral, erasmus
):
    form = graz(coordinator_client, germany, bilateral, erasmus) | {"website": "not a website"}
    form |= agreement_row(0, valid_until="2026-09-30", added=[upload("good.pdf"), upload("bad.exe", b"MZ")])
    form |= mobility_line(1, 1, languages="Klingon B2")

    page = coordinator_client.post(ADD, form)

    found = errors(page)
    assert sorted(found) == [
        "agreements-0-added",
        "agreements-0-valid_until",
        "agreements-1-mobilities-1-languages",
        "website",
    ]
    assert found["agreements-0-added"].endswith(
        "Nothing is saved yet, and the browser has forgotten “good.pdf”. Choose again."
    )
    assert attributes(page, "[name=agreements-1-mobilities-1-languages]", "value") == ["Klingon B2"]
    assert [model.objects.count() for model in (University, Agreement, Mobility, Document)] == [0, 0, 0, 0]
    assert not documents.exists()


def test_file_that_cannot_be_stored_is_an_error_of_its_agreement(
    coordinator_client, germany, bilateral, erasmus, monkeypatch
):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    form = graz(coordinator_client, germany, bilateral, erasmus) | agreement_row(1, added=[upload("erasmus.pdf")])
    monkeypatch.setattr(document_fields.Document.file.field.storage, "save", fail)

    page = coordinator_client.post(ADD, form)

    assert list(errors(page)) == ["agreements-1-added"]
    assert University.objects.count() == 0


def test_blank_rows_are_not_saved(coordinator_client, germany):
    form = open_form(coordinator_client, f"{ADD}?rows=2") | {"name": "University of Graz", "country": germany.pk}

    page = coordinator_client.post(ADD, form, follow=True)

    assert messages(page) == ["University of Graz was added."]
    assert (form["agreements-TOTAL_FORMS"], Agreement.objects.count()) == ("2", 0)


def test_blank_row_with_nothing_but_a_mobility_is_saved(coordinator_client, germany):
    form = open_form(coordinator_client, f"{ADD}?rows=2") | {"name": "University of Graz", "country": germany.pk}

    coordinator_client.post(ADD, form | mobility_line(1, 0, places="4"))

    assert list(Mobility.objects.values_list("agreement__status", "places")) == [("in_process", 4)]


def test_mobilities_and_documents_of_agreements_are_edited_on_university_page(coordinator_client, marburg):
    agreement = AgreementFactory(university=marburg)
    MobilityFactory(agreement=agreement, places=4)
    MobilityFactory(agreement=agreement, direction="in", places=4)
    form = open_form(coordinator_client, f"{change_url(marburg)}?rows=1")
    form |= mobility_line(0, 0, places="5") | mobility_line(0, 1, DELETE="on") | mobility_line(0, 2, places="6")

    page = coordinator_client.post(change_url(marburg), form | agreement_row(0, added=[upload()]), follow=True)

    assert messages(page) == ["Marburg was changed. New: 1 mobility and 1 document."]
    assert list(agreement.mobilities.values_list("direction", "places")) == [("out", 5), ("out", 6)]
    assert agreement.documents.count() == 1
    assert agreement.history.count() == 1


def test_document_that_the_agreement_has_is_rejected(coordinator_client, marburg):
    DocumentFactory(agreement=AgreementFactory(university=marburg))
    form = open_form(coordinator_client, change_url(marburg))

    page = coordinator_client.post(change_url(marburg), form | agreement_row(0, added=[upload()]))

    assert "is among its documents already" in errors(page)["agreements-0-added"]
    assert Document.objects.count() == 1


def test_line_that_a_colleague_changed_is_reported(coordinator_client, marburg):
    line = MobilityFactory(agreement=AgreementFactory(university=marburg), places=4)
    form = open_form(coordinator_client, change_url(marburg))
    line.places = 5
    line.save()

    page = coordinator_client.post(change_url(marburg), form | mobility_line(0, 0, places="6"))

    assert list(errors(page)) == ["agreements-0-mobilities-0-places"]
    assert attributes(page, ".conflicts input[name=theirs]", "value") == ["agreements-0-mobilities-0-places"]
    assert list(Mobility.objects.values_list("places", flat=True)) == [5]


def test_line_that_a_colleague_added_is_displayed_beside_a_new_agreement(coordinator_client, marburg, erasmus):
    agreement = AgreementFactory(university=marburg)
    form = open_form(coordinator_client, f"{change_url(marburg)}?rows=1")
    form |= agreement_row(1, agreement_type=erasmus.pk, added=[upload()]) | mobility_line(1, 0, places="7")
    AgreementFactory(university=marburg, agreement_type=None, status=AgreementStatus.IN_PROCESS)
    MobilityFactory(agreement=agreement, places=5)

    page = coordinator_client.post(change_url(marburg), form)

    shown = form_data(page, "#university_form")
    assert (shown["agreements-0-mobilities-0-places"], shown["agreements-2-mobilities-0-places"]) == ("5", "7")
    assert errors(page)["agreements-2-added"] == (
        "Nothing is saved yet, and the browser has forgotten “agreement.pdf”. Choose again."
    )
    assert Agreement.objects.count() == 2


def test_assistant_sees_what_agreements_offer(client, assistant, marburg):
    agreement = AgreementFactory(university=marburg)
    MobilityFactory(agreement=agreement, places=4)
    client.force_login(assistant)

    page = client.get(change_url(marburg))

    assert element_texts(page, "p.offers") == ["What it offers: 4 out"]
    assert elements(page, "#agreements-group input:not([type=hidden]), #agreements-group select") == []


def test_page_with_more_than_60_agreements_links_what_they_offer(coordinator_client, marburg):
    ended = [Agreement(university=marburg, status=AgreementStatus.ENDED) for _ in range(61)]
    MobilityFactory(agreement=Agreement.objects.bulk_create(ended)[0], places=4)

    page = coordinator_client.get(change_url(marburg))

    assert element_texts(page, "p.offers") == ["What it offers: 4 out", *["What it offers: not recorded"] * 60]
    assert attributes(page, "[name^=agreements-6][name$=-added]", "name") == []


def test_page_with_thousands_of_fields_is_saved(coordinator_client, marburg):
    form = open_form(coordinator_client, change_url(marburg)) | {f"field-{number}": "" for number in range(2000)}

    page = coordinator_client.post(change_url(marburg), form | {"city": "Marburg an der Lahn"}, follow=True)

    assert messages(page) == ["Marburg was changed."]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("?next=/admin/partners/agreement/%3Fstatus=signed", "/admin/partners/agreement/"),
        ("?next=https://elsewhere.example/", "/admin/partners/university/"),
        ("?_changelist_filters=q%3Dmarburg", "/admin/partners/university/"),
    ],
)
def test_saving_leads_back_to_where_one_came_from(coordinator_client, marburg, query, path):
    url = change_url(marburg) + query
    page = coordinator_client.get(url)
    action = attributes(page, "#university_form", "action")[0] or query

    page = coordinator_client.post(change_url(marburg) + action, form_data(page, "#university_form"), follow=True)

    assert page.request["PATH_INFO"] == path


def test_save_and_continue_keeps_the_way_back(coordinator_client, marburg):
    form = open_form(coordinator_client, f"{change_url(marburg)}?next=/admin/")

    page = coordinator_client.post(f"{change_url(marburg)}?next=/admin/", form | {"_continue": ""}, follow=True)

    assert (page.request["PATH_INFO"], page.request["QUERY_STRING"]) == (change_url(marburg), "next=%2Fadmin%2F")
