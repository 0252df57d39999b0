from importlib import import_module

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django_otp.plugins.otp_static.models import StaticDevice

from partners.accounts.models import OIDCIdentity, RecoveryCodeDevice


def test_codes_of_an_earlier_version_go_on_opening_once(coordinator):
    before = StaticDevice.objects.create(user=coordinator, name="recovery codes")
    for code in ("abcdefgh", "ijklmnop"):
        before.token_set.create(token=code)

    import_module("partners.accounts.migrations.0002_hashed_codes").hash_codes(apps, None)

    codes = RecoveryCodeDevice.objects.get(user=coordinator)
    assert [codes.verify_token(code) for code in ("abcdefgh", "abcdefgh")] == [True, False]
    assert (len(codes.hashes), StaticDevice.objects.count()) == (1, 0)


def test_accounts_of_single_sign_on_have_no_password_to_reset(db):
    made = {"empty": "", "linked": make_password("a forgotten one"), "chosen": make_password("a good one")}
    users = {name: User.objects.create(username=name, password=password) for name, password in made.items()}
    User.objects.create(username="root", password="", is_superuser=True)
    OIDCIdentity.objects.create(user=users["linked"], issuer="https://login.example.edu", subject="1")

    import_module("partners.accounts.migrations.0004_unusable_passwords").make_passwords_unusable(apps, None)

    usable = {user.username: user.has_usable_password() for user in User.objects.all()}
    assert usable == {"empty": False, "linked": False, "chosen": True, "root": True}
