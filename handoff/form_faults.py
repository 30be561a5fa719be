"""What is wrong with a form, field by field."""

from collections.abc import Mapping


class FormWrong(Exception):
    """What was typed cannot be kept; says of each field what is wrong with it, as a code."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(set(faults.values()))))
        self.faults = faults
