import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from partners.models import OfficeSettings
from tests.helpers.history_pages import history
from tests.helpers.html import errors, form_data, messages, title
from tests.helpers.images import png

URL = "/admin/partners/officesettings/1/change/"
FORM = "#officesettings_form"


def save(client, **values):
    """Submit the form as a browser would, with these values in place of the displayed ones."""
    return client.post(URL, form_data(client.get(URL), FORM) | values, follow=True)


def test_settings_open_without_a_list(coordinator_client):
    page = coordinator_client.get("/admin/partners/officesettings/", follow=True)

    assert page.redirect_chain == [(URL, 302)]
    assert title(page).startswith("Exchange Office")


def test_texts_are_saved_by_language_with_history(coordinator_client):
    save(
        coordinator_client, name="International Office", introduction=["Welcome", "Willkommen", "", "", "ברוכים הבאים"]
    )

    office = OfficeSettings.objects.get()
    assert office.display_name == "International Office"
    assert office.introduction == {"en": "Welcome", "de": "Willkommen", "he": "ברוכים הבאים"}
    assert history(coordinator_client, office)[0] == (
        "coordinator changed Name of the office: – → International Office "
        "Introduction: – → en: Welcome, de: Willkommen, he: ברוכים הבאים edited"
    )


def test_saving_without_a_change_writes_no_history(coordinator_client):
    save(coordinator_client, introduction=["Welcome", "", "", "", ""])

    save(coordinator_client)

    assert OfficeSettings.history.count() == 2


def test_text_of_a_language_that_is_not_public_is_kept(coordinator_client):
    OfficeSettings.objects.update(introduction={"it": "Benvenuti"})

    save(coordinator_client, introduction=["Welcome", "", "", "", ""])

    assert OfficeSettings.objects.get().introduction == {"it": "Benvenuti", "en": "Welcome"}


def test_logo_is_served_under_a_name_that_changes_with_it(coordinator_client, client):
    save(coordinator_client, new_logo=SimpleUploadedFile("logo.png", png(120, 60)))

    office = OfficeSettings.objects.get()
    logo = client.get(office.logo_url)
    assert (logo.content, logo["Content-Type"], logo["Cache-Control"]) == (
        png(120, 60),
        "image/png",
        "public, max-age=31536000, immutable",
    )
    assert office.displayed_logo_width == 80
    assert client.get(reverse("office_logo", args=["0" * 16])).status_code == 404


def test_logo_is_removed(coordinator_client):
    save(coordinator_client, new_logo=SimpleUploadedFile("logo.png", png(120, 60)))

    save(coordinator_client, without_logo="on")

    office = OfficeSettings.objects.get()
    assert (bytes(office.logo), office.logo_hash) == (b"", "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "logo.png",
            b"\xff\xd8\xff",
            "“logo.png” is in fact a JPEG image. Let its name end with “.jpg”, and choose it again.",
        ),
        ("logo.jpg", b"\xff\xd8\xff", "“logo.jpg” is no PNG image. Save it as one."),
        ("logo.png", png(50, 50)[:-9], "“logo.png” is damaged. Save the image once more, and choose that file."),
        (
            "logo.png",
            png(50, 50) + bytes(200_000),
            "“logo.png” has 200 KB, and a logo at most 200 KB. Make it smaller.",
        ),
        (
            "logo.png",
            png(50, 20),
            "“logo.png” is 50 pixels wide and 20 high. A logo is 40 to 1,000 pixels high, and at most eight times as "
            "wide.",
        ),
    ],
)
def test_file_that_is_no_good_logo_is_rejected(coordinator_client, name, content, message):
    page = save(coordinator_client, new_logo=SimpleUploadedFile(name, content))

    assert errors(page) == {"new_logo": message}
    assert OfficeSettings.objects.get().logo_hash == ""


def test_accent_that_cannot_be_read_is_rejected(coordinator_client):
    page = save(coordinator_client, accent_color="#ffff00", dark_accent_color="blue")

    assert errors(page) == {
        "accent_color": "#ffff00 has a contrast of 1.0 : 1 with #fbfaf7, which it stands on. Text needs 4.5 : 1. "
        "Choose a darker colour.",
        "dark_accent_color": "“blue” is not a colour. Write # and six digits, such as #1d4e6b.",
    }


def test_second_to_save_sees_what_a_colleague_changed(coordinator_client):
    data = form_data(coordinator_client.get(URL), FORM)
    save(coordinator_client, introduction=["Welcome", "", "", "", ""])

    page = coordinator_client.post(URL, data | {"introduction": ["Hello", "", "", "", ""]})

    assert "A colleague has changed this too." in errors(page)["introduction"]
    assert OfficeSettings.objects.get().introduction == {"en": "Welcome"}


def test_name_of_the_office_stands_in_the_admin(coordinator_client):
    page = save(coordinator_client, name="International Office")

    assert messages(page) == ["The settings of the office “International Office” was changed successfully."]
    assert title(page).endswith("| International Office")
