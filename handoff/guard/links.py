"""Whether a text sends a young person to an address that is no known help service."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from handoff.guard.rules import FOLDER

_LONG_NUMBER = 7  # digits; shorter ones are prices, ages and years
_ENDINGS = (
    "com|net|org|kr|co|io|gg|me|ly|app|dev|xyz|link|site|online|info|shop|store|page|gl|gle|to|tv|"
    "us|jp|cn|club|live|chat|top|icu|ru|be|im|ai|biz|space|website|tk|vip|center|help|pro|tw"
)
_PAGE = re.compile(
    rf"(?:https?\s*:\s*/\s*/\s*)?((?:[a-z0-9가-힣-]+(?:\.|\s\.\s))+(?:{_ENDINGS}))(?![a-z0-9])"
    r"((?:\s?/\s?[a-z0-9_\-./?=&%#+]*)?)"
)
_SCHEME = re.compile(r"(?:https?|hxxps?)\s*:\s*/\s*/\s*([^\s/]+)")
_MAIL = re.compile(
    r"[a-z0-9._%+-]+\s?(?:@|\(at\)|\[at\])\s?[a-z0-9-]+(?:\s?(?:\.|닷|쩜)\s?[a-z]{2,})+"
)
_HANDLE = re.compile(r"(?<![a-z0-9.])@\s?([a-z0-9_.]{3,})")
_MESSENGER = (
    "(?:카카오톡|카톡|까톡|텔레그램|텔레|라인|인스타그램|인스타|디스코드|디코|트위터|스냅챗|아이디|계정|"
    r"\b(?:id|telegram|kakao|kakaotalk|insta|instagram|discord|line|snapchat|whatsapp)\b)"
)
_ADD = "(?:추가|검색|친추|디엠|dm|이야|야|예요|에요|이에요|입니다|연락|로와|로 와|팔로|찾아)"
# A name that only a messenger knows: with a sign or a digit in it, or Latin in Korean words.
_NAMED = re.compile(
    rf"{_MESSENGER}[^.?!\n]{{0,12}}?(?<![a-z0-9_.])"
    rf"([a-z][a-z_.]{{2,}}[0-9_][a-z0-9_.]*|[a-z]{{3,}}[._][a-z]{{2,}}|[a-z]{{5,}}(?=\s?[가-힣]))"
    rf"[^.?!\n]{{0,10}}?{_ADD}"
)
_DIGITS = re.compile(r"(?<![\d.])\+?\d(?:[\s\-.()~·_*/,]{0,2}\d)+")
_DATE = re.compile(r"(?:19|20)\d\d\s?[-./년]\s?\d\d?\s?[-./월]\s?\d\d?")
_AMOUNT = re.compile(r"[\d,]+\s?(?:원|명|건|번째|개|년|시|분|%|달러|won)")
_SHORT = re.compile(
    r"(?<![\da-z가-힣-])(\d{3,4})\s?(?:번)?(?:으로|로|에|에게)?\s?(?:전화|문자|연락|콜)"
)
_SPOKEN = re.compile(r"(?:[공영빵일이삼사오육륙칠팔구\d][\s\-,.]{0,2}(?:[에의]\s)?){8,}")
_SPOKEN_DIGITS = re.compile("[공영빵일이삼사오육륙칠팔구0-9]")
_HANGUL_NUMBER = re.compile("공\\s?일\\s?공|영\\s?일\\s?영")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Where a young person may be sent."""

    numbers: frozenset[str]
    hosts: frozenset[str]
    pages: frozenset[str]
    mails: frozenset[str]
    handles: frozenset[str]


@lru_cache(maxsize=1)
def allowed() -> Allowed:
    """Read the allow-list that is shipped."""
    table = tomllib.loads((FOLDER / "allowed.toml").read_text(encoding="utf-8"))
    return Allowed(**{name: frozenset(values) for name, values in table.items()})


def leads_away(text: str) -> bool:
    """Tell whether a plain text holds a link, handle, address or number that is not allowed."""
    known = allowed()
    rest = _without_known_mails(text, known)
    return (
        bool(_MAIL.search(rest))
        or any(not _known_page(found, known) for found in _PAGE.finditer(rest))
        or any(not _known_host(found[1], known) for found in _SCHEME.finditer(rest))
        or any(found[1].strip(".") not in known.handles for found in _HANDLE.finditer(rest))
        or any(found[1].strip(".") not in known.handles for found in _NAMED.finditer(rest))
        or _strange_number(rest, known)
    )


def _without_known_mails(text: str, known: Allowed) -> str:
    for mail in known.mails:
        text = text.replace(mail, " ")
    return text


def _known_page(found: re.Match[str], known: Allowed) -> bool:
    host = found[1].replace(" ", "")
    page = host + found[2].replace(" ", "").rstrip("/")
    return _known_host(host, known) or any(page.startswith(each) for each in known.pages)


def _known_host(host: str, known: Allowed) -> bool:
    bare = re.sub(r"[^a-z0-9.-].*$", "", host).rstrip(".").removeprefix("www.")
    if any(bare == each or bare.endswith(f".{each}") for each in known.hosts):
        return True
    return any(each.startswith(f"{bare}/") for each in known.pages)


def _strange_number(text: str, known: Allowed) -> bool:
    bare = _AMOUNT.sub(" ", _DATE.sub(" ", text))
    if any(found[1] not in known.numbers for found in _SHORT.finditer(bare)):
        return True
    if any(_too_long(found[0], known) for found in _DIGITS.finditer(bare)):
        return True
    return any(
        len(_SPOKEN_DIGITS.findall(found[0])) >= 8 for found in _SPOKEN.finditer(bare)
    ) and bool(_HANGUL_NUMBER.search(bare) or not _DIGITS.search(bare))


def _too_long(number: str, known: Allowed) -> bool:
    """Tell whether it is a telephone number that is not known; several known ones are none."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if len(digits) < _LONG_NUMBER or digits in known.numbers:
        return False
    parts = re.split(r"[\s,./~·]+", number)
    return any("".join(filter(str.isdigit, part)) not in known.numbers for part in parts if part)
