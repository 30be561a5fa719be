"""Korean words as a child spells them by ear, spelled out before the rules read them.

Each of them alone says nothing; in a rule they decide whether somebody is heard (아빠한테 마즌데).
So every rule, for danger or against it, hears them alike. They are looked for in a text without
spaces, so each is long enough to be no part of other words; where it is not, what may not stand
before or behind it is said. Most words of dying by ear stand in `wording`: there the words around
them must be looked at.
"""

import re

import re2

from bot.dialogue.wording import fold_tails

_MEANT = {
    "가져오래": "가저오레",
    "가지고오래": "가지고오레",
    "갇혀": "갖혀 같혀 갓혀 갇처",
    "갇혔": "갖혔 같혔 갓혔 갇첫",
    "갇혔어": "갖혀써 같혀써",
    "갈곳": "갈꼿",
    "갈아입": "가라입 갈라입",
    "갖고오라고": "가꼬오라고 같고오라고",
    "갖고오래": "가꼬오래 가꼬오레 같고오래 같고오레",
    "같이죽": "가치죽",
    "고있어": "고이써",
    "굶겨": "굼겨 굶껴",
    "굶고": "굼꼬 굶꼬",
    "굶고있어": "굼고이써",
    "굶긴": "굼긴",
    "굶는": "굼는",
    "굶어": "굴머 굼머",
    "굶었": "굴멋 굼었 꿂었 굷었",
    "그었어": "그어써",
    "껴안았어": "껴아나써",
    "끝내": "끈내 끈네",
    "끝낼": "끈낼",
    "나왔는": "나완는",
    "나죽인대": "나주긴데 나주긴대 나쥬긴대",
    "단톡에올린대": "단톡에올린데",
    "던졌어": "던저써",
    "데리러": "대리러 데릴러 대릴러 데릴로 대릴로 데릴려 데리로",
    "데리러온대": "데리러온데 대리러온데 데릴러온데 대릴러온데 데릴로온데 대리로온대 대리로온데",
    "도와줘": "도아줘 도아조",
    "돌아다": "도라다",
    "들고있어": "들구있어 들구이써",
    "들어가": "드러가",
    "들어갔": "드러갔",
    "들어오": "드러오",
    "들어왔": "드러왔",
    "들이죽인대": "들이주긴데 들이주긴대",
    "때렸": "떼렸",
    "때렸어": "때려써 떼려써",
    "때리고있어": "때리구있어 때리구이써",
    "때린": "떼린",
    "떨어지고": "떠러지고",
    "떨어질": "떠러질",
    "뛰어내리": "띠어내리 뛰여내리 띄어내리",
    "뛰어내릴": "띠어내릴 뛰여내릴 띄어내릴",
    "만졌어": "만저써",
    "맞고": "맏고",
    "맞아서": "마자서",
    "맞아요": "마자요",
    "맞았": "마잣",
    "맞았는": "마젓는",
    "맞았어": "마자써 마자쓰 마젓어",
    "맞은": "마즌",
    "맞을거": "마즐거 마즐꺼",
    "맞을것": "마즐것",
    "맞을까": "마즐까",
    "먹어": "머거",
    "먹었": "머것",
    "먹었어": "먹어써 머거써",
    "먹은": "머근",
    "며칠": "몇일 몃일 멧일 몇칠 메칠",
    "무서워": "무서어 무써워",
    "문부숴": "문뿌셔 문부셔",
    "문을부숴": "문을뿌셔 문을부셔",
    "밟았어": "발바써 밟바써 발밧어",
    "벗어보": "버서보",
    "보내달라": "보네달라",
    "보내라": "보네라",
    "보내래": "보네래 보네레 보내레",
    "사진보내달래": "사진보네달래 사진보네달레",
    "살려줘": "살려조 살려죠",
    "숨어있어": "숨어이써 수머이써 수머있어",
    "숨을안쉬": "숨을않쉬 숨을않셔 숨을안셔",
    "씻을때": "씨슬때",
    "아저씨가": "아저시가 아저찌가 아자씨가",
    "아저씨랑": "아저시랑",
    "아저씨집": "아저시집",
    "아저씨차": "아저시차",
    "아저씨한테": "아저시한테",
    "안들어오": "않들어오 않드러오",
    "안들어온": "안드러온 않들어온 않드러온",
    "안들어와": "안드러와 않들어와 않드러와",
    "안보내면": "안보네면 않보네면 않보내면",
    "안보내줘": "안보네줘 않보네줘 않보내줘",
    "안와": "않와",
    "어떡해": "어떻해 어떠케 어떠캐",
    "없는": "엄는",
    "없어": "업서 업써 없써",
    "에갇혀있어": "에가쳐있어 에가처이써",
    "에갇혔어": "에가처써 에가첫어 에갖첫어",
    "인스타에올린대": "인스타에올린데",
    "재워준": "제워준",
    "재워줄": "제워줄",
    "죽고싶": "죽고싢 죽고싳 주그고싶",
    "죽고싶어": "죽고씨퍼",
    "죽어버": "주거버",
    "죽여버": "주겨버",
    "죽으면": "주그면",
    "죽이겠": "주기겠 쥬기겠",
    "죽이려고": "주기려고 주길려고 주길라고 죽일라고",
    "죽인다고": "주긴다고",
    "죽일거": "주길거 주길꺼",
    "죽자고": "주짜고",
    "쫓겨났": "쪼껴났 쪽겨났 쫄겨났 쪼겨났 쫒겨났",
    "쫓겨났어": "쪼껴나써 쫒겨나써",
    "쫓아오": "쫒아오 쪼차오",
    "쫓아온": "쪼차온 쫒아온",
    "쫓아와": "쪼차와 쫒아와",
    "쫓아왔": "쪼차왔 쫒아왔",
    "찍어": "찌거",
    "찍었": "찌것",
    "찍은": "찌근",
    "찔렀어": "찔러써",
    "차탔어": "차타써",
    "찾아온대": "차자온데 차자온대",
    "찾아왔": "차자왔",
    "찾아왔어": "차자와써",
    "태웠어": "태워써",
    "퍼졌어": "퍼저써",
    "한테맞고": "한테마꼬",
    "협박": "협빡 헙박 헙빡 현박 혀빡",
    "혼자있어": "혼자이써",
}
_NOT_AFTER = {
    **dict.fromkeys(("마자쓰", "마젓어", "마젓는", "마자요", "마즐거"), "엄"),
    "마잣": "엄꼬구",
    "마자써": "엄꼬",
    "마자서": "엄지",
    **dict.fromkeys(("나주긴대", "나주긴데"), "누"),
}
"""엄마 잤어 is nobody who was hit, and 누나 주긴대 a gift."""
_NOT_BEFORE = {"보네라": "면디", "보네레": "전고드알벨", "주길거": "부절의"}
_SPELLED = {
    fold_tails(typed): fold_tails(meant)
    for meant, all_typed in _MEANT.items()
    for typed in all_typed.split()
}


def _alone(typed: str) -> str:
    before, behind = _NOT_AFTER.get(typed, ""), _NOT_BEFORE.get(typed, "")
    guards = (f"(?<![{before}])" if before else "", f"(?![{behind}])" if behind else "")
    return typed.join(guards)


_WORD = re.compile("|".join(map(_alone, sorted(_SPELLED, key=len, reverse=True))))
_ANY = re2.compile("|".join(_SPELLED).encode())  # in a fortieth of the time


def spelled_by_the_book(text: str) -> str:
    """Return a folded text without spaces with those words spelled as a dictionary has them.

    What is spelled so already stays, and is what most texts are.
    """
    # Half of a surrogate pair is no text; no word has one.
    if not _ANY.search(text.encode("utf-8", "replace")):
        return text
    return _WORD.sub(lambda found: _SPELLED[found.group()], text)
