"""Whether words name a service that helps to take pictures down. Pure."""

import re

_OWN = re.compile(
    r"d4u\.stop\.or\.kr|takeitdown\.ncmec\.org|stopncii\.org|take it down"
    r"|디지털성범죄피해자지원센터|02[-.\s]?735[-.\s]?8994|02[-.\s]?815[-.\s]?0382",
    re.IGNORECASE,
)
"""Services that do this and little else."""
_LINE = re.compile(r"(?<!\d)1366(?!\d)")
_REMOVAL = re.compile(
    r"지우|지워|삭제|내려|remov|tak(?:e|en|ing) (?:it|them)? ?down|delet", re.IGNORECASE
)


def names_removal(text: str) -> bool:
    """Tell whether a text sends somebody to help with removal.

    The women's line connects to such a center; it counts where removal is spoken of.
    """
    return bool(_OWN.search(text)) or bool(_LINE.search(text) and _REMOVAL.search(text))
