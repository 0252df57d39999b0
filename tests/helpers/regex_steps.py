"""A backtracking matcher that counts its steps, to detect slow regular expressions without measuring time.

It interprets the syntax tree of `re._parser`, a sequence of (opcode, arguments), as far as the site's patterns need it.
"""

import re
from itertools import product
from re import _constants as op
from re import _parser as parser

CATEGORY_SAMPLES = {
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_NOT_WORD: "-",
}
CATEGORY_PREDICATES = {
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
NEGATED_CATEGORIES = {
    getattr(op, f"CATEGORY_NOT_{name}"): getattr(op, f"CATEGORY_{name}") for name in ("SPACE", "DIGIT", "WORD")
}
REPEAT_OPCODES = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
SINGLE_CHARACTER_OPCODES = {op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN}
UNMATCHED = "\x01"
"""A character that no pattern matches."""


def is_unbounded(pattern):
    """Return True if a pattern has unbounded repeats. Others take a constant number of steps per character."""
    return any(opcode in REPEAT_OPCODES and args[1] == op.MAXREPEAT for opcode, args in _nodes(pattern_tree(pattern)))


def pattern_tree(pattern):
    return parser.parse(pattern.pattern, pattern.flags)


def _nodes(parsed):
    for opcode, args in parsed:
        yield opcode, args
        if isinstance(args, tuple):
            for inner in args[1] if opcode == op.BRANCH else args:
                yield from _nodes(inner) if isinstance(inner, parser.SubPattern) else ()


def steps_to_find_all(pattern, text):
    """Return the number of steps that `re.findall` would take."""
    matcher = Matcher(pattern, text)
    position = 0
    while position <= len(text):
        end = next(matcher.match_ends(matcher.parsed, 0, position), None)
        position = position + 1 if end is None or end == position else end
    return matcher.steps


def hostile_texts(pattern, length):
    """Yield repetitions of characters and words of the pattern, each followed by a character that it does not match."""
    tokens = sorted(_tokens(pattern_tree(pattern)) | {"x"})
    for first, second in product(tokens, repeat=2):
        yield first + second * length + UNMATCHED
        yield (first + second) * length + UNMATCHED


class Matcher:
    """Handlers yield the positions at which a node of the syntax tree can end if it begins at `position`."""

    def __init__(self, pattern, text):
        self.parsed = pattern_tree(pattern)
        self.text, self.flags = text, pattern.flags
        self.groups = {}
        self.steps = 0
        self.handlers = dict.fromkeys(SINGLE_CHARACTER_OPCODES, self.character) | {
            op.MAX_REPEAT: self.repeat,
            op.POSSESSIVE_REPEAT: self.repeat_possessive,
            op.SUBPATTERN: self.group,
            op.GROUPREF: self.group_reference,
            op.BRANCH: self.branch,
            op.ASSERT: self.lookaround,
            op.ASSERT_NOT: self.lookaround,
            op.AT: self.anchor,
        }

    def match_ends(self, items, index, position):
        """Yield the positions at which `items[index:]` can end, in the order in which `re` tries them."""
        if index == len(items):
            yield position
            return
        for end in self.match_item(*items[index], position):
            yield from self.match_ends(items, index + 1, end)

    def match_item(self, opcode, args, position):
        self.steps += 1
        return self.handlers[opcode](opcode, args, position)

    def character(self, opcode, args, position):
        if position < len(self.text) and self.matches_character(opcode, args, self.text[position]):
            yield position + 1

    def group(self, _opcode, args, position):
        for end in self.match_ends(args[3], 0, position):
            self.groups[args[0]] = self.text[position:end]
            yield end

    def group_reference(self, _opcode, args, position):
        if self.text.startswith(self.groups.get(args, UNMATCHED), position):
            yield position + len(self.groups[args])

    def branch(self, _opcode, args, position):
        for branch in args[1]:
            yield from self.match_ends(branch, 0, position)

    def lookaround(self, opcode, args, position):
        direction, inner = args
        start = position if direction > 0 else position - inner.getwidth()[0]
        is_match = start >= 0 and next(self.match_ends(inner, 0, start), None) is not None
        if is_match == (opcode == op.ASSERT):
            yield position

    def anchor(self, _opcode, args, position):
        if self.is_at_anchor(args, position):
            yield position

    def repeat(self, _opcode, args, position):
        """Match greedily, then backtrack."""
        (min_count, max_count, inner), ends = args, [position]
        while len(ends) <= max_count:
            end = next(self.match_ends(inner, 0, ends[-1]), None)
            if end is None or end == ends[-1]:
                break
            ends.append(end)
        for end in reversed(ends[min_count:]):
            self.steps += 1
            yield end

    def repeat_possessive(self, _opcode, args, position):
        while (end := next(self.match_ends(args[2], 0, position), None)) is not None and end > position:
            position = end
        yield position

    def is_at_anchor(self, code, position):
        if code == op.AT_BOUNDARY:
            is_word = CATEGORY_PREDICATES[op.CATEGORY_WORD]
            neighbours = self.text[position - 1 : position], self.text[position : position + 1]
            before, after = (bool(char) and is_word(char) for char in neighbours)
            return before != after
        return position == 0 if code in (op.AT_BEGINNING, op.AT_BEGINNING_STRING) else position == len(self.text)

    def matches_character(self, opcode, args, char):
        if opcode == op.ANY:
            return char != "\n"
        if opcode == op.IN:
            is_negated = args[0][0] == op.NEGATE
            return any(self.matches_literal_or_class(*item, char) for item in args[is_negated:]) != is_negated
        return self.matches_literal_or_class(op.LITERAL, args, char) == (opcode == op.LITERAL)

    def matches_literal_or_class(self, opcode, args, char):
        cases = {char, char.lower(), char.upper()} if self.flags & re.IGNORECASE else {char}
        if opcode == op.LITERAL:
            return chr(args) in cases
        if opcode == op.RANGE:
            return any(args[0] <= ord(case) <= args[1] for case in cases if len(case) == 1)
        if args in NEGATED_CATEGORIES:
            return not CATEGORY_PREDICATES[NEGATED_CATEGORIES[args]](char)
        return CATEGORY_PREDICATES[args](char)


def _tokens(parsed):
    """Return the characters and literal words of a pattern, one sample for each character class."""
    tokens, word = set(), ""
    for opcode, args in parsed:
        word = word + chr(args) if opcode == op.LITERAL else ""
        if word:
            tokens |= {word, word[-1]}
        elif opcode == op.IN:
            tokens |= {_sample(*item) for item in args[:3] if item[0] != op.NEGATE}
        elif opcode == op.BRANCH:
            tokens.update(*map(_tokens, args[1]))
        elif isinstance(args, tuple):
            tokens.update(*(_tokens(item) for item in args if isinstance(item, parser.SubPattern)))
    return tokens


def _sample(opcode, args):
    return CATEGORY_SAMPLES[args] if opcode == op.CATEGORY else chr(args if opcode == op.LITERAL else args[0])
