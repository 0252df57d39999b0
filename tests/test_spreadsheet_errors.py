import pytest

from partners.spreadsheet_errors import is_spreadsheet_error

ENGLISH = (
    "#N/A #NAME? #REF! #VALUE! #DIV/0! #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #UNKNOWN! #CONNECT! #BUSY! "
    "#EXTERNAL! #PYTHON! #ERROR! #GETTING_DATA"
)
TRANSLATED = (
    "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #NOM? #VALEUR! #NOMBRE! #NUL! #¿NOMBRE? #¡REF! #¡VALOR! #¡DIV/0! #¡NUM! "
    "#¡NULO! #N/D #NOME? #RIF! #VALORE! #N/B #NAAM? #WAARDE! #VERW! #GETAL! #LEEG! #DEEL/0! #N/D! #NAZWA? #ADR! #ARG! "
    "#LICZBA! #DZIEL/0! #NENÍ_K_DISPOZICI #DĚLENÍ_NULOU! #ČÍSLO! #NEDOSTUPNÉ #HIÁNYZIK #ÉRTÉK! #HIV! #YOK #DEĞER! "
    "#BAŞV! #AD? #SAYI/0! #I/T #NAVN? #SAKNAS! #PUUTTUU! #ARVO! #N/V #Δ/Υ #ΤΙΜΗ! #Н/Д #ССЫЛКА! #ИМЯ? #ЗНАЧ! #ДЕЛ/0! "
    "#OBTENIENDO_DATOS #DATEN_ABRUFEN"
)
OTHER = [
    "Err:502",
    "err:508",
    "Err :504",
    "Błąd:522",
    "Chyba:502",
    "#DIV/0 !",
    " #REF!\n",
    "#n/a",
    "#N/A N/A",
    "########",
]


@pytest.mark.parametrize("text", [*ENGLISH.split(), *TRANSLATED.split(), *OTHER])
def test_error_value_is_recognized(text):
    assert is_spreadsheet_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "##",
        "#1",
        "N/A",
        "C# / F#",
        "#erasmus_plus",
        "#Urgent!",
        "#TODO",
        "#REF! is wrong",
        "Room:502",
        "Err: ask",
    ],
)
def test_other_text_is_no_error_value(text):
    assert not is_spreadsheet_error(text)
