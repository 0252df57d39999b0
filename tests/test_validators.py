from datetime import date

import pytest
from django.core.exceptions import ValidationError

from partners import validators
from partners.enums import AgreementStatus

MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)


def error_messages(validator, *values):
    with pytest.raises(ValidationError) as error:
        validator(*values)
    return error.value.messages


def test_run_validators_raises_all_errors_by_field():
    with pytest.raises(ValidationError) as error:
        validators.run_validators(
            ("agreement_type", validators.validate_signed_has_type, AgreementStatus.SIGNED, None),
            ("valid_until", validators.validate_date_order, TUESDAY, MONDAY),
            ("name", validators.validate_name, "Köln"),
        )

    assert error.value.message_dict == {
        "agreement_type": ["A signed agreement needs an agreement type."],
        "valid_until": ["Valid until (1 Jun 2026) is before valid from (2 Jun 2026)."],
    }


@pytest.mark.parametrize("code", ["de", "D", "DEU", "D1", "DE\n", "ÄÖ", ""])
def test_country_code_rejects_all_but_two_capital_letters(code):
    assert error_messages(validators.validate_country_code, code) == [
        f"“{code}” is not a country code. Write two capital letters, such as DE.",
    ]


def test_country_code_accepts_two_capital_letters():
    assert validators.validate_country_code("DE") is None


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\0", "0000"),
        ("\t", "0009"),
        ("\n", "000A"),
        ("\r", "000D"),
        ("\x7f", "007F"),
        ("\x85", "0085"),
        ("\u2028", "2028"),
        ("\u2029", "2029"),
        ("\ud800", "D800"),
        ("\ufdd0", "FDD0"),
        ("\ufffe", "FFFE"),
        ("\uffff", "FFFF"),
        ("\U0010ffff", "10FFFF"),
    ],
)
def test_name_rejects_control_characters(char, code):
    assert error_messages(validators.validate_name, f"Monash{char}University") == [
        f"“Monash{char}University” has a control character (U+{code}) in it. Type the name anew, in one line.",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_name_rejects_formula_prefixes(start):
    assert error_messages(validators.validate_name, f"{start}SUM(A1)") == [
        f"“{start}SUM(A1)” begins with “{start}”, as a spreadsheet formula does. Begin with another character.",
    ]


@pytest.mark.parametrize("name", ["\u0301", "\u200d\u200d", "\u200e \ufe0f"])
def test_name_rejects_invisible_characters(name):
    assert error_messages(validators.validate_name, name) == [
        f"“{name}” has nothing in it but accents and characters that do not show. Write a name.",
    ]


@pytest.mark.parametrize("validator", [validators.validate_name, validators.validate_multiline_text])
def test_texts_reject_spreadsheet_errors(validator):
    assert error_messages(validator, "#N/A") == [
        "“#N/A” is an error of a spreadsheet. Write what should stand there.",
    ]


@pytest.mark.parametrize(
    "name",
    ["Erasmus+", "Sapienza - University", 'University of Rome "Tor Vergata"', "جامعة القاهرة", "中文 🎓", "A=B@C"],
)
def test_name_accepts_usual_names(name):
    assert validators.validate_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Bilateral/GE3",
        "Research & Teaching",
        "Erasmus, KA171",
        "Erasmus; KA171",
        "Research and Teaching",
        "Research AND Teaching",
        "and Teaching",
        "Research and",
        "Erasmus + KA171",
        "in process",
        "In-Process",
        "Erasmus+ (in process)",
        "Erasmus+ ( IN  PROCESS )",
    ],
)
def test_type_name_rejects_what_parses_as_several_terms(name):
    assert error_messages(validators.validate_type_name, name) == [
        f"“{name}” would be read as several terms in the office's list. "
        "Leave out “/”, “&”, “,”, “;”, “and”, a free-standing “+” and “in process”.",
    ]


@pytest.mark.parametrize("name", ["Erasmus+", "GE3", "Sandwich", "Android", "Erasmus+KA171", "In processing", "A (B)"])
def test_type_name_accepts_one_term(name):
    assert validators.validate_type_name(name) is None


def test_signed_has_type_rejects_signed_without_a_type():
    assert error_messages(validators.validate_signed_has_type, AgreementStatus.SIGNED, None) == [
        "A signed agreement needs an agreement type."
    ]


@pytest.mark.parametrize(
    ("status", "agreement_type"),
    [(AgreementStatus.IN_PROCESS, None), (AgreementStatus.ENDED, None), (AgreementStatus.SIGNED, "Bilateral")],
)
def test_signed_has_type_accepts_the_rest(status, agreement_type):
    assert validators.validate_signed_has_type(status, agreement_type) is None


def test_date_order_rejects_an_end_before_the_start():
    assert error_messages(validators.validate_date_order, TUESDAY, MONDAY) == [
        "Valid until (1 Jun 2026) is before valid from (2 Jun 2026).",
    ]


@pytest.mark.parametrize(
    ("valid_from", "valid_until"),
    [(MONDAY, TUESDAY), (MONDAY, MONDAY), (MONDAY, None), (None, MONDAY), (None, None)],
)
def test_date_order_accepts_one_day_and_open_ends(valid_from, valid_until):
    assert validators.validate_date_order(valid_from, valid_until) is None


def test_multiline_text_accepts_lines_and_tabs():
    assert validators.validate_multiline_text("Dr. Ada\tPrague\nada@example.edu") is None


def test_multiline_text_rejects_the_line_with_a_control_character():
    assert error_messages(validators.validate_multiline_text, "Dr. Ada\nPra\x07gue") == [
        "“Pra\x07gue” has a control character (U+0007) in it. Type this line anew.",
    ]


def test_study_levels_rejects_unknown_levels():
    assert error_messages(validators.validate_study_levels, ["master", "phd"]) == [
        "“phd” is not a study level. Choose among short cycle, bachelor, master, doctoral.",
    ]


def test_ended_on_is_for_ended_agreements_only():
    assert validators.validate_ended_on(AgreementStatus.ENDED, MONDAY) is None
    assert validators.validate_ended_on(AgreementStatus.SIGNED, None) is None
    assert error_messages(validators.validate_ended_on, AgreementStatus.SIGNED, MONDAY) == [
        "Ended on (1 Jun 2026) is of an ended agreement. Empty it, or set the status to ended.",
    ]
