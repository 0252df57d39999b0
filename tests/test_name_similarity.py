import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.names import judge_other_spellings
from partners.name_similarity import MatchReason, NameIndex

texts = st.text(max_size=60)
names = texts.filter(str.strip)
words = st.sampled_from(
    ["University", "of", "Universität", "TU", "Paris", "8", "(TUM)", "Munich", "A.B.", "I", "-", "MCI,"]
)
university_names = st.lists(words, min_size=1, max_size=8).map(" ".join)


def best_reason(known, searched):
    matches = NameIndex([("known", known)]).find(searched)
    return matches[0].reason if matches else None


def is_almost_same(known, searched):
    return any(match.is_almost_same for match in NameIndex([("known", known)]).find(searched))


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("MCI, Management Center Innsbruck", "Management Center Innsbruck (MCI)"),
        ("Technical University of Munich (TUM)", "Technical University of Munich"),
        ("KAIST- Korea Advanced Institute of Science & Technology", "Korea Advanced Institute of Science & Technology"),
        ("Constructor University (Jacobs University Bremen)", "Jacobs University Bremen"),
    ],
)
def test_name_without_brackets_and_acronym_is_the_same(known, searched):
    assert best_reason(known, searched) == MatchReason.SAME_WITHOUT_BRACKETS


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("University of Toronto", "Toronto, University of"),
        ("Aachen University RWTH", "RWTH Aachen University"),
        ("University of Toronto", "Univ. of Toronto"),
        ("University of Toronto", "U. of Toronto"),
        ("Karlsruhe Institute of Technology", "Karlsruhe Inst. of Tech."),
        ("Saint Mary's University", "St. Mary's University"),
        ("Technical University of Munich (TUM)", "TU München"),
        ("University of Applied Sciences Bielefeld (UASBI)", "FH Bielefeld"),
        ("University of Applied Sciences Bielefeld", "Hochschule Bielefeld"),
        ("University of Perugia", "Università degli Studi di Perugia"),
        ("Universidad de Sevilla", "University of Seville"),
        ("University of Strasbourg", "Université de Strasbourg"),
        ("Peking University", "Beijing University"),
        ("University of Warsaw", "Uniwersytet Warszawski"),
        ("Roma Tre University", "Università Roma 3"),
        ("Lyon I", "Lyon 1"),
        ("Shanghai Jiao Tong University", "Shanghai Jiaotong University"),
        ("University of California, Berkeley", "UC Berkeley"),
        ("IIT Kanpur", "Indian Institute of Technology Kanpur"),
        ("I.I.T. Kanpur", "Indian Institute of Technology Kanpur"),
    ],
)
def test_words_in_another_order_short_or_translated_are_the_same(known, searched):
    assert best_reason(known, searched) == MatchReason.SAME_WORDS
    assert best_reason(searched, known) == MatchReason.SAME_WORDS


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("Politecnico di Milano", "Polimi"),
        ("Technical University of Munich (TUM)", "TUM"),
        ("Technische Universität München", "TUM"),
        ("Hochschule für Technik und Wirtschaft", "HTW"),
        ("Universidad de las Américas Puebla", "UDLAP"),
        ("University of Michigan", "UMich"),
        ("Czech Technical University", "CTU Prague"),
    ],
)
def test_acronym_resembles_the_name_it_is_made_of(known, searched):
    assert best_reason(known, searched) == MatchReason.ACRONYM
    assert best_reason(searched, known) == MatchReason.ACRONYM


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("McGill University", "McGil University"),
        ("University of Pennsylvania", "Univeristy of Pensylvania"),
        ("University of California", "Univ. of Calif."),
        ("Czech Technical University", "Czech Technical University in Prague"),
        ("Claude Bernard Lyon I", "Université Claude Bernard Lyon 1"),
        ("Friedrich Schiller University Jena", "University of Jena"),
    ],
)
def test_mistyped_shortened_and_longer_names_are_similar(known, searched):
    assert best_reason(known, searched) == MatchReason.SIMILAR


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("University of Applied Sciences Bielefeld", "University of Bielefeld"),
        ("Technical University of Munich", "University of Munich"),
        ("Universitat Politècnica de València", "Universitat de València"),
        ("Boston University", "Boston College"),
        ("Université Paris 1", "Université Paris 8"),
        ("Université Lyon I", "Université Lyon 2"),
        ("National Tsing Hua University", "National Dong Hwa University"),
        ("National Cheng Kung University", "National Chung Cheng University"),
        ("University of California", "University of California, Berkeley"),
        ("University of Maryland", "University of Mary"),
        ("South University", "Southern University"),
        ("Shanxi Normal University", "Shaanxi Normal University"),
        ("Saint Mary's University (Texas)", "Saint Mary's University (California)"),
        ("Audisankara (Deemed to be University)", "BLDE (Deemed to be University)"),
        ("Xi'an Technological University", "Xi'an University of Technology"),
        ("Vrije Universiteit Brussel", "Université Libre de Bruxelles"),
        ("HEC, Paris", "ESCP, Paris"),
        ("HTW Berlin", "TU Berlin"),
        ("École Polytechnique Paris", "Institut Polytechnique de Paris"),
    ],
)
def test_different_universities_are_not_almost_the_same(known, searched):
    assert is_almost_same(known, searched) is False
    assert is_almost_same(searched, known) is False


@pytest.mark.parametrize(
    ("known", "searched"),
    [
        ("University of Toronto", "University of Waterloo"),
        ("Beijing Institute of Technology", "Harbin Institute of Technology"),
        ("Université Paris 1", "Université Paris 8"),
        ("McGill University", "MUN"),
    ],
)
def test_other_universities_are_not_offered(known, searched):
    assert best_reason(known, searched) is None


def test_find_puts_the_best_first_and_each_key_once():
    index = NameIndex(
        [
            (1, "University of Munich"),
            (2, "Technical University of Munich"),
            (2, "Technische Universität München"),
            (3, "Munich Business School"),
            (4, "Munich University of Music"),
            (5, "Hamburg University"),
        ]
    )

    found = index.find("TU Munich")

    assert [(match.key, match.reason) for match in found] == [
        (2, MatchReason.SAME_WORDS),
        (1, MatchReason.SIMILAR),
        (4, MatchReason.SIMILAR),
    ]


def test_words_that_many_names_have_count_less():
    index = NameIndex([(number, f"Beijing University of {number} Sports") for number in range(20)] + [(99, "Beihang")])

    assert [match.key for match in index.find("Beihang Sports")] == [99]


def test_lists_made_by_hand_meet_the_targets():
    assert [str(share) for share in judge_other_spellings() if not share.is_met] == []


@given(st.lists(university_names | texts, max_size=6), university_names | texts, st.integers(1, 4))
@example(["University of"], "", 3)
@example(["()"], "(", 3)
@settings(max_examples=30)
def test_find_keeps_the_limit_and_the_order_of_scores(known, searched, limit):
    found = NameIndex(enumerate(known)).find(searched, limit)

    assert len(found) <= limit
    assert len({match.key for match in found}) == len(found)
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


@given(st.lists(university_names, max_size=6), names | university_names)
@settings(max_examples=30)
def test_name_finds_itself_first(others, name):
    found = NameIndex([*enumerate(others), ("itself", name)]).find(name, limit=10)

    assert "itself" in [match.key for match in found if match.reason == MatchReason.SAME]


@given(st.lists(university_names, unique=True, max_size=6), university_names, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_order_of_the_index_does_not_matter(known, searched, random):
    entries = list(enumerate(known))
    shuffled = random.sample(entries, len(entries))

    assert NameIndex(entries).find(searched) == NameIndex(shuffled).find(searched)
