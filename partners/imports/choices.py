"""Answers of a user to the questions of an import's preview, as ``Run.choices`` stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _

NEW = "new"


class KeptName(TextChoices):
    """The name that stays, while the other becomes another name."""

    REGISTER = "register"
    FILE = "file"


class KnownUniversityChoice(NamedTuple):
    """The answer that a name in the file is another name of a university."""

    university: int
    """Its pk."""
    keep: str = KeptName.REGISTER


NameChoice = KnownUniversityChoice | Literal["new"]


@dataclass(frozen=True)
class ImportChoices:
    """Answers: which names are new or of known universities, and which rows may take back changes of people."""

    names: Mapping[int, NameChoice] = field(default_factory=dict)
    """By the line of the file."""
    take_back: frozenset[int] = frozenset()
    """Pks of universities."""
    is_new_by_default: bool = False
    """Names that say almost the same as known ones are new too, unless a choice says otherwise."""
    takes_all_back: bool = False

    @classmethod
    def from_json(cls, data: object) -> ImportChoices:
        """Return the choices that `to_json` returned. Raise ValidationError for anything else."""
        try:
            names, take_back = data.get("names", {}), data.get("take_back", [])
            if data.keys() - {"names", "take_back"} or not all(type(pk) is int for pk in take_back):
                raise ValueError
            return cls({int(line): _parse_name_choice(choice) for line, choice in names.items()}, frozenset(take_back))
        except (AttributeError, TypeError, ValueError) as error:
            raise ValidationError(_("The answers to the preview are malformed. Give them again.")) from error

    def to_json(self) -> dict:
        names = {
            str(line): choice if choice == NEW else choice._asdict() for line, choice in sorted(self.names.items())
        }
        return {"names": names, "take_back": sorted(self.take_back)}


NO_CHOICES = ImportChoices()


def _parse_name_choice(data: object) -> NameChoice:
    """Return the answer. Raise ValueError or TypeError."""
    if data == NEW:
        return NEW
    choice = KnownUniversityChoice(**data)
    if type(choice.university) is not int:
        raise ValueError
    return choice._replace(keep=KeptName(choice.keep).value)
