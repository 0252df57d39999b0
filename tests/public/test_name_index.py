"""The names of universities in memory."""

from hypothesis import given
from hypothesis import strategies as st

from partners.name_normalization import search_lines, word_beginning
from partners.public.name_index import NameIndex, SearchableUniversity
from partners.search_terms import SearchTerm

WORDS = st.sampled_from(
    ["tech", "technical", "university", "uni", "lodz", "清华", "清华大学", "大学", "1", "south", "korea"]
)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
TERMS = st.builds(
    SearchTerm,
    st.lists(WORDS, min_size=1, max_size=2).map(tuple),
    st.frozensets(st.sampled_from([1, 2]), max_size=1),
    st.booleans(),
)


def build_index(universities):
    """Return the index of universities given as a country and names."""
    return NameIndex(
        [
            SearchableUniversity(
                position, position, country, None, "\n" + f"{search_lines(names)}\n".replace("\n", " \n")
            )
            for position, (country, names) in enumerate(universities)
        ]
    )


INDEXES = st.lists(st.tuples(st.sampled_from([1, 2]), st.lists(NAMES, min_size=1, max_size=3)), max_size=8).map(
    build_index
)


@given(INDEXES, st.lists(TERMS, max_size=3))
def test_index_finds_what_a_search_of_the_texts_finds(index, terms):
    found = index.find(terms)

    assert found == [
        university
        for university in index.universities
        if all(
            university.country in term.countries
            or all(word_beginning(text) in university.lines for text in term.beginnings)
            for term in terms
        )
    ]


@given(INDEXES, st.lists(WORDS, min_size=1, max_size=3))
def test_best_matches_are_whole_names_then_whole_words_then_beginnings(index, words):
    def rank(university):
        if f"\n {' '.join(words)} \n" in university.lines:
            return 0
        if all(f" {word} " in university.lines for word in words):
            return 1
        return 2 if all(word_beginning(word) in university.lines for word in words) else 3

    ranked = [*index.best_matches_first(index.universities, words)]

    assert ranked == sorted(index.universities, key=rank)


@given(INDEXES, st.lists(WORDS, min_size=1, max_size=2))
def test_whole_words_are_found(index, words):
    assert index.having(words) == [
        university for university in index.universities if all(f" {word} " in university.lines for word in words)
    ]
