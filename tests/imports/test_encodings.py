import pytest

from partners.imports.encodings import guess_encoding
from partners.models import Country
from partners.tables.encodings import ENCODINGS, is_double_utf8
from tests.helpers.factories import UniversityFactory
from tests.helpers.paths import OFFICE_LIST_PATH

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_data")]
SAMPLES = {
    "cp1250": ("Poland", "Uniwersytet Łódzki", "Politechnika Śląska"),
    "mac_latin2": ("Poland", "Uniwersytet Łódzki", "Politechnika Śląska"),
    "cp852": ("Czech Republic", "Vysoké učení technické v Brně", "Západočeská univerzita v Plzni"),
    "cp1251": ("Russia", "Санкт-Петербургский государственный университет", "Уральский университет"),
    "koi8_r": ("Russia", "Санкт-Петербургский государственный университет", "Уральский университет"),
    "cp1253": ("Greece", "Αριστοτέλειο Πανεπιστήμιο Θεσσαλονίκης", "Πανεπιστήμιο Κρήτης"),
    "cp1254": ("Turkey", "İstanbul Üniversitesi", "Boğaziçi Üniversitesi"),
    "cp857": ("Turkey", "İstanbul Üniversitesi", "Boğaziçi Üniversitesi"),
    "cp1255": ("Israel", "אוניברסיטת תל אביב", "אוניברסיטת חיפה"),
    "cp1256": ("Egypt", "جامعة القاهرة", "جامعة الإسكندرية"),
    "cp1257": ("Latvia", "Rīgas Tehniskā universitāte", "Ventspils Augstskola Ķemeri"),
    "cp1258": ("Vietnam", "Trưng Vương", "Đông Đô"),
    "cp932": ("Japan", "東京大学", "京都大学"),
    "gb18030": ("China", "清华大学", "北京大学"),
    "big5hkscs": ("Taiwan", "國立臺灣大學", "國立成功大學"),
    "cp949": ("South Korea", "서울대학교", "연세대학교"),
    "cp1252": ("France", "École de Besançon", "Université Côte"),
    "mac_roman": ("France", "Université de Besançon", "École centrale"),
    "cp850": ("Denmark", "Københavns Universitet", "Ålborg Universitet"),
    "iso8859_2": ("Poland", "Politechnika Śląska", "Uniwersytet Łódzki"),
    "cp862": ("Israel", "אוניברסיטת תל אביב", "אוניברסיטת חיפה"),
    "cp866": ("Russia", "Санкт-Петербургский государственный университет", "Уральский университет"),
    "cp874": ("Thailand", "จุฬาลงกรณ์มหาวิทยาลัย", "มหาวิทยาลัยมหิดล"),
    "euc_jp": ("Japan", "東京大学", "京都大学"),
    "cp437": ("Germany", "Universität zu Köln", "Universität Tübingen"),
}


def encoded_list(encoding, country, *names):
    text = "Country\tUniversity name\tAgreement type\n" + "".join(f"{country}\t{name}\tBilateral\n" for name in names)
    return text, text.encode(encoding)


def test_every_encoding_has_a_sample():
    assert SAMPLES.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("encoding", SAMPLES)
def test_encoding_is_guessed_by_the_letters_of_the_country(encoding):
    country, *names = SAMPLES[encoding]
    text, data = encoded_list(encoding, country, *names)

    guess = guess_encoding(data)

    assert (data.decode(guess.encoding), guess.is_confirmed) == (text, False)
    assert guess.examples == names


@pytest.mark.parametrize("encoding", SAMPLES)
def test_encoding_is_confirmed_by_a_name_of_the_register(encoding):
    country, first, second = SAMPLES[encoding]
    UniversityFactory(name=first, country=Country.objects.get(name=country))
    text, data = encoded_list(encoding, "Antarctica", first, second)

    guess = guess_encoding(data)

    assert (data.decode(guess.encoding), guess.is_confirmed) == (text, True)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_office_list_is_read_exactly_or_not_confirmed(encoding):
    text = OFFICE_LIST_PATH.read_text(encoding="utf-8")
    data = text.encode(encoding, errors="ignore")

    guess = guess_encoding(data)

    assert data.decode(guess.encoding) == data.decode(encoding) or not guess.is_confirmed


def test_most_usual_of_the_encodings_with_the_same_text_is_named():
    _text, data = encoded_list("cp1252", "Germany", "Universität Würzburg \u2013 Klinikum", "École")

    assert guess_encoding(data).encoding == "cp1252"


def test_text_under_no_encoding_is_not_guessed():
    assert guess_encoding(b"Country\tName\n\xff\x00\x01\x81\x8d\n") is None


@pytest.mark.parametrize(
    "name",
    ["Universität", "Łódzki", "Côte d’Azur", "Türkiye", "Αθήνα", "Санкт", "תל אביב", "جامعة", "東京大学", "대학교"],
)
def test_double_utf8_is_found(name):
    twice = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in name.encode())

    assert (is_double_utf8(twice), is_double_utf8(name)) == (True, False)


@pytest.mark.parametrize("name", ["UNIVERSITÉ\u00a0DE", "CAFÉ’S", "SÃO PAULO", "Ångström", "FÜR “ÖÄ”", "Ñandú"])
def test_capital_letters_are_no_double_utf8(name):
    assert not is_double_utf8(name)
