"""Korean words as a child spells them by ear, spelled out before the rules read them.

Each of them alone says nothing; in a rule they decide whether somebody is heard (아빠한테 마즌데).
So every rule, for danger or against it, hears them alike. Words of dying by ear stand in `wording`:
there the words around them must be looked at.
"""

import re

from bot.dialogue.wording import fold_tails

_MEANT = {
    "맞은": "마즌",
    "맞앗": "마잣",
    "맞앗어": "마자써 마자쓰",
    "맞고": "맏고",
    "때렷어": "때려써 떼려써 떼렷어",
    "때린": "떼린",
    "죽여버": "주겨버",
    "며칠": "몇일 몃일 멧일",
    "안들어와": "안드러와 않들어와 않드러와",
    "안들어온": "안드러온 않들어온 않드러온",
    "안들어오": "안드러오 않들어오 않드러오",
    "들어왓": "드러왓",
    "들어오": "드러오",
    "들어가": "드러가",
    "들어갓": "드러갓",
    "굶어": "굴머",
    "굶겨": "굼겨 굶껴",
    "굶긴": "굼긴",
    "굶기": "굼기",
    "굶엇": "굴멋",
    "먹엇": "머것",
    "먹어": "머거",
    "먹은": "머근",
    "없어": "업서 업써 없써",
    "없는": "엄는",
    "보내래": "보네레 보네래 보내레",
    "보내라": "보네라",
    "보내달라": "보네달라",
    "안보내면": "안보네면 않보네면 않보내면",
    "재워준": "제워준",
    "재워줄": "제워줄",
    "데리러": "대리러 데릴러 대릴러",
    "협박": "협빡 헙박",
    "찍어": "찌거",
    "찍은": "찌근",
    "찍엇": "찌것",
    "무서워": "무서어 무써워",
}
_SPELLED = {
    typed: fold_tails(meant) for meant, all_typed in _MEANT.items() for typed in all_typed.split()
}
_WORD = re.compile("|".join(sorted(_SPELLED, key=len, reverse=True)))


def spelled_by_the_book(text: str) -> str:
    """Return a folded text with those words spelled as a dictionary has them.

    What is spelled so already stays, and is what most texts are.
    """
    return _WORD.sub(lambda found: _SPELLED[found.group()], text)
