"""Answers to the questions of an import's preview, as its form posts them."""

import hashlib
import json
import re
from dataclasses import replace

from partners.admin.form_fields import parse_pk
from partners.imports.choices import NEW, KeptName, KnownUniversityChoice

ANSWER_RE = re.compile(r"answer-(\d{1,9})", re.ASCII)


def merge_answers(choices, data):
    """Return the choices with the answers of one page, a QueryDict. What is no answer is ignored.

    ``answer-<line>`` is "new" or the pk of a university, ``takes-name-<line>`` stands for the name of the file.
    ``listed`` has the pks of the universities that could be ticked, ``take_back`` those that are.
    """
    names = dict(choices.names)
    for field, answer in data.items():
        if match := ANSWER_RE.fullmatch(field):
            line = int(match[1])
            if answer == NEW:
                names[line] = NEW
            elif university := parse_pk(answer):
                keep = KeptName.FILE if f"takes-name-{line}" in data else KeptName.REGISTER
                names[line] = KnownUniversityChoice(university, keep.value)
    listed, ticked = (set(map(parse_pk, data.getlist(name))) - {None} for name in ("listed", "take_back"))
    return replace(choices, names=names, take_back=choices.take_back - listed | ticked)


def digest_answers(choices):
    """Return a hash that is equal for equal answers."""
    return hashlib.sha256(json.dumps(choices.to_json()).encode()).hexdigest()
