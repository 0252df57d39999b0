import pytest
from django.core.exceptions import ValidationError
from hypothesis import assume, given
from hypothesis import strategies as st

from partners import validators
from partners.enums import AgreementStatus
from partners.imports.type_notation import Term, format_terms, parse_terms
from partners.name_normalization import matching_key
from tests.helpers import factories

BILATERAL, ERASMUS, GE3 = (Term(name) for name in ("Bilateral", "Erasmus+", "GE3"))
UNKNOWN = Term(None, status=AgreementStatus.IN_PROCESS)
ORDER = {"Bilateral": 0, "Erasmus+": 1, "GE3": 2}
KNOWN = {
    "bilateral": "Bilateral",
    "bilateral agreement": "Bilateral",
    "erasmus+": "Erasmus+",
    "erasmus": "Erasmus+",
    "erasmus +": "Erasmus+",
    "ge3": "GE3",
}


def in_process(term):
    return term._replace(status=AgreementStatus.IN_PROCESS)


def is_valid_type_name(name):
    try:
        validators.validate_name(name)
        validators.validate_type_name(name)
    except ValidationError:
        return False
    return True


open_statuses = st.sampled_from([status for status in AgreementStatus if status.is_open])
type_names = st.one_of(factories.names(), st.sampled_from(["Erasmus+", "In processing", "Sandwich", "A (B)"]))
registers = st.lists(type_names.filter(is_valid_type_name), min_size=1, max_size=5, unique_by=matching_key)


@st.composite
def registers_with_terms(draw):
    register = draw(registers)
    terms = st.builds(
        Term, st.sampled_from(register), st.sampled_from([status for status in AgreementStatus if status.is_open])
    )
    return register, draw(st.frozensets(terms | st.just(UNKNOWN)))


@pytest.mark.parametrize(
    ("cell", "terms"),
    [
        ("Bilateral", {BILATERAL}),
        ("Bilateral/GE3/Erasmus+", {BILATERAL, ERASMUS, GE3}),
        ("Bilateral & Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral&Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral, Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral; Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral and Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral AND Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral, GE3, and Erasmus+", {BILATERAL, ERASMUS, GE3}),
        ("Bilateral + Erasmus+", {BILATERAL, ERASMUS}),
        ("Erasmus+ + GE3", {ERASMUS, GE3}),
        ("Erasmus+/Bilateral", {BILATERAL, ERASMUS}),
        ("  BILATERAL \u00a0/  érasmus+ ", {BILATERAL, ERASMUS}),
        ("Bilateral\u00a0agreement/Erasmus", {BILATERAL, ERASMUS}),
        ("Bilateral/Bilateral", {BILATERAL}),
        ("/Bilateral//GE3/", {BILATERAL, GE3}),
        ("in process", {UNKNOWN}),
        ("In  Process", {UNKNOWN}),
        ("(in process)", {UNKNOWN}),
        ("in-process", {UNKNOWN}),
        ("Erasmus+ (in process)", {in_process(ERASMUS)}),
        ("erasmus+( IN  PROCESS )", {in_process(ERASMUS)}),
        ("Bilateral/Erasmus+ (in-process)", {BILATERAL, in_process(ERASMUS)}),
        ("GE3/GE3 (in process)/in process", {GE3, in_process(GE3), UNKNOWN}),
        ("", set()),
        (" / ", set()),
    ],
)
def test_parse_terms_accepts_usual_notations(cell, terms):
    assert parse_terms(cell, KNOWN) == (terms, [])


def test_parse_terms_names_all_unknown_terms_as_written():
    _terms, unknown = parse_terms("Bilaterall/GE3 & Summer  School (in process), ERASMUS++", KNOWN)

    assert unknown == ["Bilaterall", "Summer School", "ERASMUS++"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [("Erasmus + KA171", ["KA171"]), ("Bilateral GE3", ["Bilateral GE3"]), ("in processing", ["in processing"])],
)
def test_parse_terms_rejects_similar_names(cell, names):
    _terms, unknown = parse_terms(cell, KNOWN)

    assert unknown == names


@pytest.mark.parametrize(
    ("cell", "terms"),
    [
        ("Erasmus +", {ERASMUS}),
        ("Erasmus +/GE3", {ERASMUS, GE3}),
        ("GE3, Erasmus +", {ERASMUS, GE3}),
        ("Erasmus + / GE3", {ERASMUS, GE3}),
        ("Erasmus + (in process)", {in_process(ERASMUS)}),
        ("Erasmus + and GE3", {ERASMUS, GE3}),
        ("Erasmus + + GE3", {ERASMUS, GE3}),
    ],
)
def test_parse_terms_reads_erasmus_with_a_space_before_its_plus(cell, terms):
    assert parse_terms(cell, KNOWN) == (terms, [])


@pytest.mark.parametrize(
    ("cell", "terms"),
    [
        ("GE 3", {GE3}),
        ("Bi-lateral / GE\u00b3", {BILATERAL, GE3}),
        ("Erasmus+ (in progress)", {in_process(ERASMUS)}),
        ("Erasmus+ - in process", {in_process(ERASMUS)}),
        ("Erasmus+ [under negotiation]", {in_process(ERASMUS)}),
        ("in process: Erasmus+", {in_process(ERASMUS)}),
        ("Erasmus+ (in Bearbeitung)/Bilateral (signed)", {in_process(ERASMUS), BILATERAL}),
        ("pending", {UNKNOWN}),
        ("Bilateral | Erasmus+", {BILATERAL, ERASMUS}),
        ("Bilateral \u2013 Erasmus+ (pending)", {BILATERAL, in_process(ERASMUS)}),
        ("Bilateral und GE3", {BILATERAL, GE3}),
    ],
)
def test_parse_terms_reads_what_offices_write(cell, terms):
    assert parse_terms(cell, KNOWN) == (terms, [])


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("signed", ["signed"]),
        ("Erasmus+ (expired)", ["Erasmus+ (expired)"]),
        ("Erasmus+ (ended)", ["Erasmus+ (ended)"]),
        ("Erasmus+ | pending", ["Erasmus+ | pending"]),
        ("Bilateral or Erasmus+", ["Bilateral or Erasmus+"]),
        ("Bilateral (signed) " + "x " * 12, ["Bilateral (signed) " + "x " * 11 + "x"]),
    ],
)
def test_parse_terms_does_not_guess(cell, names):
    assert parse_terms(cell, KNOWN)[1] == names


@pytest.mark.parametrize("white_space", list(" \t\x0b\x0c\x85\u2028\u00a0"))
def test_parse_terms_reads_any_amount_of_white_space_as_one_space(white_space):
    long = white_space * 100_000

    terms = parse_terms(f"Bilateral{long}agreement{long}/{long}Erasmus+{long}({long}in{long}process{long})", KNOWN)

    assert terms == ({BILATERAL, in_process(ERASMUS)}, [])


def test_parse_terms_names_the_first_unknown_terms_once():
    _terms, unknown = parse_terms("/".join(["A", "a", "B", "C", "D", "E", "F", "G"]), KNOWN)

    assert unknown == ["A", "B", "C", "D", "E"]


@pytest.mark.parametrize(
    ("terms", "cell"),
    [
        ({GE3, ERASMUS, BILATERAL}, "Bilateral/Erasmus+/GE3"),
        ({in_process(BILATERAL), ERASMUS, BILATERAL}, "Bilateral/Bilateral (in process)/Erasmus+"),
        ({UNKNOWN, GE3}, "GE3/in process"),
        ({UNKNOWN}, "in process"),
        (set(), ""),
    ],
)
def test_format_terms_goes_by_position_with_unknown_types_last(terms, cell):
    assert format_terms(terms, ORDER) == cell


@given(registers_with_terms())
def test_parse_terms_of_formatted_terms_gives_them_back(register_with_terms):
    register, terms = register_with_terms
    known = {matching_key(name): name for name in register}
    order = {name: at for at, name in enumerate(register)}

    assert parse_terms(format_terms(terms, order), known) == (terms, [])


@given(registers_with_terms(), st.sampled_from(["/", " / ", "&", " & ", ", ", "; ", " and ", " AND ", " + ", ", and "]))
def test_parse_terms_reads_any_separator(register_with_terms, separator):
    """Excludes names that begin with a bracket, which would seem to qualify the name before."""
    register, terms = register_with_terms
    assume(not any(name.startswith("(") for name in register))
    cell = separator.join(str(term) for term in terms)

    assert parse_terms(cell, {matching_key(name): name for name in register}) == (terms, [])


@pytest.mark.parametrize(
    "text", ["Bilateral\nErasmus+", "Bilateral\r\n\r\n Erasmus+\n", "Bilateral /\nErasmus+", "Bilateral +\nErasmus+"]
)
def test_line_break_separates_terms(text):
    known = {"bilateral": "Bilateral", "erasmus+": "Erasmus+"}

    assert parse_terms(text, known) == ({Term("Bilateral"), Term("Erasmus+")}, [])


def test_line_break_before_a_status_does_not_separate():
    terms = parse_terms("Erasmus+\n(in process)", {"erasmus+": "Erasmus+"})

    assert terms == ({Term("Erasmus+", AgreementStatus.IN_PROCESS)}, [])
