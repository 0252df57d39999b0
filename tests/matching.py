"""The steps that a backtracking matcher takes, which say how its work grows without measuring time."""

import re
from itertools import product
from re import _constants as op
from re import _parser as parser

SAMPLES = {
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_NOT_WORD: "-",
}
CATEGORIES = {
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
NEGATED = {getattr(op, f"CATEGORY_NOT_{name}"): getattr(op, f"CATEGORY_{name}") for name in ("SPACE", "DIGIT", "WORD")}
REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
ONE_CHARACTER = {op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN}
BAD = "\x01"
"""What no pattern looks for."""


def is_unbounded(pattern):
    """A pattern without endless repeats takes no more than so many steps at each character."""
    return any(kind in REPEATS and given[1] == op.MAXREPEAT for kind, given in _nodes(pattern_tree(pattern)))


def pattern_tree(pattern):
    return parser.parse(pattern.pattern, pattern.flags)


def _nodes(parsed):
    for kind, given in parsed:
        yield kind, given
        if isinstance(given, tuple):
            for inner in given[1] if kind == op.BRANCH else given:
                yield from _nodes(inner) if isinstance(inner, parser.SubPattern) else ()


def steps_to_find_all(pattern, text):
    matcher = Matcher(pattern, text)
    at = 0
    while at <= len(text):
        end = next(matcher.ends(matcher.parsed, 0, at), None)
        at = at + 1 if end is None or end == at else end
    return matcher.steps


def hostile_texts(pattern, length):
    """Repetitions of what the pattern looks for, ended by what it does not."""
    tokens = sorted(_tokens(pattern_tree(pattern)) | {"x"})
    for first, second in product(tokens, repeat=2):
        yield first + second * length + BAD
        yield (first + second) * length + BAD


class Matcher:
    def __init__(self, pattern, text):
        self.parsed = pattern_tree(pattern)
        self.text, self.flags = text, pattern.flags
        self.groups = {}
        self.steps = 0
        self.ways = dict.fromkeys(ONE_CHARACTER, self.character) | {
            op.MAX_REPEAT: self.repeat,
            op.POSSESSIVE_REPEAT: self.repeat_for_good,
            op.SUBPATTERN: self.group,
            op.GROUPREF: self.same_as_group,
            op.BRANCH: self.branch,
            op.ASSERT: self.look,
            op.ASSERT_NOT: self.look,
            op.AT: self.place,
        }

    def ends(self, items, number, at):
        """Where the rest of a sequence can end, in the order in which a matcher tries."""
        if number == len(items):
            yield at
            return
        for end in self.ends_of(*items[number], at):
            yield from self.ends(items, number + 1, end)

    def ends_of(self, kind, given, at):
        self.steps += 1
        return self.ways[kind](kind, given, at)

    def character(self, kind, given, at):
        if at < len(self.text) and self.is_in(kind, given, self.text[at]):
            yield at + 1

    def group(self, _kind, given, at):
        for end in self.ends(given[3], 0, at):
            self.groups[given[0]] = self.text[at:end]
            yield end

    def same_as_group(self, _kind, given, at):
        if self.text.startswith(self.groups.get(given, BAD), at):
            yield at + len(self.groups[given])

    def branch(self, _kind, given, at):
        for branch in given[1]:
            yield from self.ends(branch, 0, at)

    def look(self, kind, given, at):
        direction, inner = given
        start = at if direction > 0 else at - inner.getwidth()[0]
        is_there = start >= 0 and next(self.ends(inner, 0, start), None) is not None
        if is_there == (kind == op.ASSERT):
            yield at

    def place(self, _kind, given, at):
        if self.is_at(given, at):
            yield at

    def repeat(self, _kind, given, at):
        """Greedily, and then one less after the other."""
        (least, most, inner), ends = given, [at]
        while len(ends) <= most:
            end = next(self.ends(inner, 0, ends[-1]), None)
            if end is None or end == ends[-1]:
                break
            ends.append(end)
        for end in reversed(ends[least:]):
            self.steps += 1
            yield end

    def repeat_for_good(self, _kind, given, at):
        while (end := next(self.ends(given[2], 0, at), None)) is not None and end > at:
            at = end
        yield at

    def is_at(self, place, at):
        if place == op.AT_BOUNDARY:
            is_word = CATEGORIES[op.CATEGORY_WORD]
            before, after = (bool(char) and is_word(char) for char in (self.text[at - 1 : at], self.text[at : at + 1]))
            return before != after
        return at == 0 if place in (op.AT_BEGINNING, op.AT_BEGINNING_STRING) else at == len(self.text)

    def is_in(self, kind, given, char):
        if kind == op.ANY:
            return char != "\n"
        if kind == op.IN:
            is_negated = given[0][0] == op.NEGATE
            return any(self.holds(*each, char) for each in given[is_negated:]) != is_negated
        return self.holds(op.LITERAL, given, char) == (kind == op.LITERAL)

    def holds(self, kind, given, char):
        cases = {char, char.lower(), char.upper()} if self.flags & re.IGNORECASE else {char}
        if kind == op.LITERAL:
            return chr(given) in cases
        if kind == op.RANGE:
            return any(given[0] <= ord(each) <= given[1] for each in cases if len(each) == 1)
        return not CATEGORIES[NEGATED[given]](char) if given in NEGATED else CATEGORIES[given](char)


def _tokens(parsed):
    """Single characters that a pattern looks for, and the words that it has in it."""
    found, word = set(), ""
    for kind, given in parsed:
        word = word + chr(given) if kind == op.LITERAL else ""
        if word:
            found |= {word, word[-1]}
        elif kind == op.IN:
            found |= {_sample(*each) for each in given[:3] if each[0] != op.NEGATE}
        elif kind == op.BRANCH:
            found.update(*map(_tokens, given[1]))
        elif isinstance(given, tuple):
            found.update(*(_tokens(each) for each in given if isinstance(each, parser.SubPattern)))
    return found


def _sample(kind, given):
    return SAMPLES[given] if kind == op.CATEGORY else chr(given if kind == op.LITERAL else given[0])
