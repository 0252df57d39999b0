"""Import of mobilities in the back office: preview, confirmation, page of the run, undo."""

import pytest

from partners.models import Mobility, Run
from tests.helpers.factories import AgreementFactory, MobilityFactory
from tests.helpers.html import element_texts, messages
from tests.helpers.import_pages import confirm, run_url, upload


@pytest.fixture
def marburg(db):
    return AgreementFactory(university__name="Marburg")


def mobilities_file(agreement):
    lines = ["Agreement number\tDirection\tPlaces\tNote on fields", f"{agreement.pk}\tout\t5\t<b>“Law”</b>"]
    return "\n".join(lines).encode()


def test_mobilities_are_previewed_imported_and_undone(coordinator_client, marburg):
    former = MobilityFactory(agreement=marburg, places=4)
    change = "Bilateral: mobilities change from “4 out” to “5 out · note on fields: <b>“Law”</b>”"

    preview = upload(coordinator_client, mobilities_file(marburg))
    imported = confirm(coordinator_client, preview)
    run = Run.objects.get()
    after = [str(mobility) for mobility in Mobility.objects.all()]
    undo_page = coordinator_client.get(run_url(run, "undo/"))
    undone = coordinator_client.post(run_url(run, "undo/"), follow=True)

    assert f"Marburg Germany, line 2 {change}" in element_texts(preview, "li")
    assert element_texts(preview, ".counts dd") == ["0", "1", "0", "0"]
    assert messages(imported) == ["Imported partners.tsv: 0 new, 1 changed, 0 unchanged, 0 errors."]
    assert f"{change}." in element_texts(imported, "li")
    assert after == ["5 out"]
    assert f"{change}." in element_texts(undo_page, "li")
    assert messages(undone) == ["Undone: 1 put back, 0 left as they are."]
    assert list(Mobility.objects.all()) == [former]


def test_wrong_line_of_mobilities_is_named_in_the_preview(coordinator_client, marburg):
    content = mobilities_file(marburg).replace(b"\t5\t", b"\tmany\t")

    preview = upload(coordinator_client, content)

    assert element_texts(preview, ".errors td") == [
        *("2", "Places"),
        "“many” is not a number of places. Write a whole number up to 32767, or leave the cell empty.",
    ]
