from partners.models import Agreement


def test_coordinator_signs_the_deal_in_process_from_the_list(office_page, register):
    office_page.goto("/admin/partners/agreement/?status=in-process")

    office_page.get_by_role("row", name="Czech Technical University").get_by_role("checkbox").check()
    office_page.get_by_label("Action:").select_option(label="Mark selected as signed")
    office_page.get_by_role("button", name="Go").click()
    office_page.get_by_label("Agreement type").select_option(label="Erasmus+")
    office_page.get_by_role("button", name="Mark as signed").click()

    assert office_page.get_by_role("listitem").filter(has_text="Marked as signed").inner_text() == (
        "Marked as signed: Czech Technical University: Erasmus+ (signed)"
    )
    assert list(Agreement.objects.in_process()) == []


def test_coordinator_imports_a_corrected_list(office_page, register, offices_list, tmp_path):
    edited = tmp_path / "partners.tsv"
    edited.write_bytes(offices_list.replace(b"in process", b"Erasmus+"))
    office_page.goto("/admin/partners/university/")

    office_page.get_by_role("link", name="Import").click()
    office_page.get_by_label("File to import").set_input_files(edited)
    office_page.get_by_role("button", name="Submit").click()
    preview = office_page.get_by_role("main").inner_text()
    office_page.get_by_role("button", name="Confirm import").click()

    assert "Czech Technical University: in process becomes signed Erasmus+" in preview
    assert "Imported: 0 new, 1 changed, 107 unchanged, 0 errors." in office_page.get_by_role("main").inner_text()
    assert list(Agreement.objects.in_process()) == []
