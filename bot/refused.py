"""Why a command was not carried out."""


class Refused(Exception):
    """What was asked for cannot be done; the message says why in one sentence, without content."""
