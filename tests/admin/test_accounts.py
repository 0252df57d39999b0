import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.pages import messages

pytestmark = pytest.mark.django_db


def test_superuser_signs_an_account_out_everywhere(client, coordinator):
    elsewhere = [Client(), Client()]
    for browser in elsewhere:
        browser.force_login(coordinator)
    superuser = User.objects.create_superuser("superuser")
    client.force_login(superuser)

    chosen = {"action": "sign_out", "_selected_action": [coordinator.pk, superuser.pk]}
    page = client.post("/admin/auth/user/", chosen, follow=True)

    assert messages(page) == ["2 sessions have been ended."]
    assert [browser.get("/admin/").status_code for browser in elsewhere] == [302, 302]
