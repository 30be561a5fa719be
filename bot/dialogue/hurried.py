"""English words as thumbs in distress type them, spelled out before the rules read them.

Each of them alone says nothing; in a rule they decide whether somebody is heard (kil mysef, wnt 2
die). So every rule, for danger or against it, hears them alike.
"""

import re

import re2

_MEANT = {
    "myself": "mysef myslef mysel myslf mysefl mysulf mysself msyelf miself maself meself mself",
    "himself": "himsef himslef hisself",
    "herself": "hersef herslef",
    "yourself": "urself urslef ursef yoursef yourslef",
    "kill": "kil kll kiil k1ll",
    "kills": "kils klls",
    "killing": "kilin killin kiling killn",
    "kill myself": "kilmyself kilmysef killmysef killmyslef",
    "hanging": "hangin",
    "cutting": "cuttin",
    "wanna": "wana wnna wna",
    "wanna die": "wanadie",
    "want": "wnt wnat",
    "wants": "wnts",
    "want to die": "wantodie want2die wnt2die",
    "gonna": "gona gunna",
    "dead": "ded",
    "suicide": "sucide suiside suicde siucide",
    "suicidal": "sucidal suisidal suicdal siucidal",
    "ending": "endin",
    "thinking": "thinkin",
    "dont": "dnt",
    "doesnt": "dsnt",
    "really": "rly rlly",
    "just": "jst",
    "tonight": "tonite tonigt",
    "right now": "rn",
}
_SPELLED = {typed: meant for meant, all_typed in _MEANT.items() for typed in all_typed.split()}
_WORD = re.compile(
    f"(?<![a-z0-9])(?:{'|'.join(sorted(_SPELLED, key=len, reverse=True))})(?![a-z0-9])"
)
_MY_SELF = re.compile(r"(?<![a-z])m[ey] (?:slef|sef)(?![a-z])")
_WAN_NA = re.compile(r"(?<![a-z])wan ?na(?![a-z])")
_DEEDS = "die|b|be|kill|end|live|hang|cut|hurt|disappear|jump"
_TO = re.compile(
    r"(?<![a-z])(wants?|wanted|wanna|going|need|ready|deserve|have|trying|tried|about|wan) ?"
    r"(?:2|too|ta|to) ?"
    rf"(?=(?:{_DEEDS})(?![a-z]))"
)
_BE_DEAD = re.compile(r"(?<![a-z])b (?=(?:dead|gone)(?![a-z]))")
# What one of the patterns above cannot be without, in a tenth of the time.
_ANY = re2.compile(
    "|".join((*_SPELLED, "m[ey] s", "wan ?na", "b [dg]", f"[2oa] ?(?:{_DEEDS})")).encode()
)


def spelled_out(words: str) -> str:
    """Return lowercase words without apostrophes with those typed in a hurry as they are spelled.

    What is spelled already stays, and is what most texts are.
    """
    if not _ANY.search(words.encode("utf-8", "replace")):
        return words
    words = _WORD.sub(lambda found: _SPELLED[found.group()], words)
    words = _WAN_NA.sub("wanna", _MY_SELF.sub("myself", words))
    return _BE_DEAD.sub("be ", _TO.sub(_with_to, words))


def _with_to(found: re.Match[str]) -> str:
    wish = found[1]
    return f"{'want' if wish == 'wan' else wish} " + ("" if wish == "wanna" else "to ")
