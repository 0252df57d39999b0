"""Model fields that keep names clean, and their matching keys in step, at every way of saving."""

from django.db import models

from partners import rules
from partners.names import clean_name, matching_key, name_lines

NAME_LENGTH = 200


class CleanedOnSave:
    """Stores what ``to_python`` makes of a value, however the row is written."""

    def pre_save(self, model_instance, add):
        setattr(model_instance, self.attname, value := self.to_python(getattr(model_instance, self.attname)))
        return value


class NameField(CleanedOnSave, models.CharField):
    default_validators = [rules.plain_name]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": NAME_LENGTH} | kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else clean_name(value)


class NamesField(CleanedOnSave, models.TextField):
    """Names, one per line."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else "\n".join(name_lines(value))

    def run_validators(self, value):
        for name in value.split("\n") if value else ():
            rules.plain_name(name)
        super().run_validators(value)


class KeyField(models.TextField):
    """The matching keys of other fields, one per line, made anew whenever the row is written.

    Compared byte by byte ("BINARY"), so that both databases sort and search it alike.
    """

    def __init__(self, *args, of=("name",), **kwargs):
        self.of = tuple(of)
        super().__init__(*args, **{"editable": False, "db_collation": "BINARY"} | kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def pre_save(self, model_instance, add):
        lines = [line for name in self.of for line in getattr(model_instance, name).split("\n")]
        value = "\n".join(key for key in map(matching_key, lines) if key)
        setattr(model_instance, self.attname, value)
        return value
