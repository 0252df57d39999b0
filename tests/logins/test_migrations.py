from importlib import import_module

from django.apps import apps
from django_otp.plugins.otp_static.models import StaticDevice

from partners.logins.models import RecoveryCodes


def test_codes_of_an_earlier_version_go_on_opening_once(coordinator):
    before = StaticDevice.objects.create(user=coordinator, name="recovery codes")
    for code in ("abcdefgh", "ijklmnop"):
        before.token_set.create(token=code)

    import_module("partners.logins.migrations.0002_hashed_codes").hash_codes(apps, None)

    codes = RecoveryCodes.objects.get(user=coordinator)
    assert [codes.verify_token(code) for code in ("abcdefgh", "abcdefgh")] == [True, False]
    assert (len(codes.hashes), StaticDevice.objects.count()) == (1, 0)
