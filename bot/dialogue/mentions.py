"""What a text names, kept as categories: platform, money, deadline, age, roles, evidence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from bot.dialogue.wording import Wording, fold_tails, normalize


class Platform(StrEnum):
    """Where something happens or is shown."""

    KAKAOTALK = "kakaotalk"
    INSTAGRAM = "instagram"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    X = "x"
    FACEBOOK = "facebook"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"
    SNAPCHAT = "snapchat"
    LINE = "line"
    GAME = "game"
    RANDOM_CHAT = "random_chat"
    WEBSITE = "website"


class Money(StrEnum):
    """How much money is spoken of, in won; `mentioned` when no amount in won is named."""

    MENTIONED = "mentioned"
    UNDER_100K = "under_100k"
    UNDER_1M = "under_1m"
    FROM_1M = "from_1m"


class Deadline(StrEnum):
    """How soon somebody wants something."""

    HOURS = "hours"
    TODAY = "today"
    DAYS = "days"


class AgeBand(StrEnum):
    """The school age of the youngest person whose age is named."""

    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"
    ADULT = "adult"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a person who is named is to the writer; it does not say who did what."""

    STRANGER = "stranger"
    ACQUAINTANCE = "acquaintance"
    CLASSMATE = "classmate"
    PARTNER = "partner"
    FAMILY = "family"
    OFFICIAL = "official"


class Evidence(StrEnum):
    """A kind of trace that is named: what could be kept, or taken down."""

    CHAT = "chat"
    IMAGE = "image"
    ACCOUNT = "account"
    LINK = "link"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Mentions:
    """The categories that a text names; never a word or a number of it."""

    platforms: tuple[Platform, ...] = ()
    money: Money | None = None
    deadline: Deadline | None = None
    age_band: AgeBand = AgeBand.UNKNOWN
    roles: tuple[Role, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def codes(self) -> tuple[str, ...]:
        """Return each category as `kind:value`, as a memory or a queue card can keep it."""
        single: dict[str, StrEnum | None] = {"money": self.money, "deadline": self.deadline}
        if self.age_band is not AgeBand.UNKNOWN:
            single["age_band"] = self.age_band
        several = {"platform": self.platforms, "role": self.roles, "evidence": self.evidence}
        return tuple(f"{kind}:{value}" for kind, value in single.items() if value) + tuple(
            f"{kind}:{value}" for kind, values in several.items() for value in values
        )


def mentions(text: str) -> Mentions:
    """Return what a text names. A name of a person, a number or an address is never kept."""
    wording = normalize(text)
    deadlines = _named(_DEADLINES, wording)
    return Mentions(
        platforms=_named(_PLATFORMS, wording),
        money=_money(wording),
        deadline=deadlines[0] if deadlines else None,  # the nearest stands first in the table
        age_band=_age_band(wording),
        roles=_named(_ROLES, wording),
        evidence=_named(_EVIDENCE, wording),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Two patterns: Korean in the text without spaces, English in the text with spaces."""

    ko: re.Pattern[str]
    en: re.Pattern[str]

    def said_in(self, wording: Wording) -> bool:
        return bool(self.ko.search(wording.squeezed) or self.en.search(wording.spaced))


_Kind = TypeVar("_Kind", bound=StrEnum)


def _named(table: Mapping[_Kind, _Words], wording: Wording) -> tuple[_Kind, ...]:
    return tuple(kind for kind, words in table.items() if words.said_in(wording))


def _words(ko: str, en: str) -> _Words:
    return _Words(re.compile(fold_tails(ko)), re.compile(rf"\b(?:{en})\b"))


def _money(wording: Wording) -> Money | None:
    amounts = [_won(*found) for found in _AMOUNT.findall(wording.squeezed)]
    if _MILLIONS.search(wording.squeezed):
        return Money.FROM_1M
    if not amounts:
        spoken_of = _MONEY.said_in(wording) or _DOLLARS.search(wording.spaced)
        return Money.MENTIONED if spoken_of else None
    most = max(amounts)
    if most < 100_000:
        return Money.UNDER_100K
    return Money.UNDER_1M if most < 1_000_000 else Money.FROM_1M


def _won(tens: str, spelled: str, plain: str) -> int:
    if plain:
        return int(plain)
    return 10_000 * (int(tens) if tens else _spelled(spelled))


def _spelled(number: str) -> int:
    """Read a Sino-Korean number below 10,000: 이십 is 20, 백 is 100, "" is 1."""
    total, digit = 0, 0
    for letter in number:
        if letter in _POWERS:
            total, digit = total + (digit or 1) * _POWERS[letter], 0
        else:
            digit = _DIGITS.index(letter) + 1
    return total + digit or 1


def _age_band(wording: Wording) -> AgeBand:
    bands = [_band_of(int(years)) for years in _YEARS_KO.findall(wording.squeezed)]
    bands += [_band_of(int(years)) for years in _ages_en(wording.spaced)]
    bands += [
        _band_of(10 + _NATIVE.index(found)) for found in _NATIVE_YEARS.findall(wording.squeezed)
    ]
    bands += _named(_SCHOOLS, wording)
    return min(bands, key=list(AgeBand).index, default=AgeBand.UNKNOWN)


def _ages_en(spaced: str) -> list[str]:
    return [next(filter(None, found)) for found in _YEARS_EN.findall(spaced)]


def _band_of(years: int) -> AgeBand:
    """Sort an age in years into the Korean school system: 6, 3 and 3 years from about 7."""
    if years < 13:
        return AgeBand.ELEMENTARY
    if years < 16:
        return AgeBand.MIDDLE
    return AgeBand.HIGH if years < 19 else AgeBand.ADULT


_DIGITS = "일이삼사오육칠팔구"
_POWERS = {"십": 10, "백": 100, "천": 1000}
# 50만, 오십만, 50,000원. 그만, 이만 and 천만에 are words, 중2만 is a class, 3만명 are people.
_AMOUNT = re.compile(
    rf"(?<![초중고\d])(\d{{1,5}})만(?!명|번|년|개|뷰)|([{_DIGITS}십백천]*[십백천])만(?!명|번|년|개|에)|"
    r"(\d{3,9})원(?!래)"
)
_WANTED = (
    "(?:을|씩|정도)?"
    "(?=달래|달라|보내|보낸|보냈|입금|송금|안?준[다대댔]|안?줄|안?주[면라]|줘|내놔|내놓|갚|뜯|$)"
)
# 1억; 3백 달래 are three millions. 제일 억울해 and 종이백 are words, 3백일 are days.
_MILLIONS = re.compile(
    fold_tails(
        rf"(?<![초중고])\d억(?![명번년개뷰울지까])|[{_DIGITS}십백천몇]억(?:원|{_WANTED})|"
        rf"(?:\d|(?<!종)[{_DIGITS}])백{_WANTED}"
    )
)
_DOLLARS = re.compile(r"\$ ?\d|\d ?\$")
_MONEY = _words(
    "돈(?!까스|가스|육|독)|입금|송금|계좌|이체|문상|문화상품권|기프트카드|기프티콘|용돈|현금|비트코인|"
    "코인으로|현질|시급|일당|선불|착수금|스폰|만원|"
    rf"\d달러|\d\d불{_WANTED}",
    r"money|cash|pay|pays|paid|paying|gift ?cards?|bitcoin|crypto|dollars?|bucks|robux|"
    "allowance|deposit",
)
_NATIVE = ("열", "열한", "열두", "열세", "열네", "열다섯", "열여섯", "열일곱", "열여덟", "열아홉")
_NATIVE_YEARS = re.compile(
    rf"({'|'.join(reversed(_NATIVE))})(?:살(?!많|차이|위|어린)|(?<=[섯곱덟홉])(?:인데|이고|이에요|이야|입니다))"
)
_YEARS_KO = re.compile(r"(?<!\d)([1-9]\d?)(?:살|세)(?!많|차이|위|어린|트|대|기|계|상)")
_YEARS_EN = re.compile(
    r"\b(?:(?:im|i am|hes|shes|he is|she is|aged?) (\d{1,2})(?! ?(?:min|hour|h|day|%|times))\b"
    r"|(\d{1,2}) ?(?:yo|years? old|yrs? old)\b)"
)
_SCHOOLS = {
    AgeBand.ELEMENTARY: _words(
        "초[1-6]|초등|초딩|[4-6]학년|잼민", "elementary|[3-6](?:rd|th) grader?|primary school"
    ),
    AgeBand.MIDDLE: _words("중[1-3](?!\\d)|중학|중딩|여중생", "middle school\\w*|[78]th grader?"),
    AgeBand.HIGH: _words("고[1-3](?!\\d)|고등학|고딩|여고생", "high school\\w*|1[0-2]th grader?"),
    AgeBand.ADULT: _words(
        "성인(?!사이트)|어른|대학생|직장인|아저씨|[2-6]0대|이십대|삼십대|사십대|서른|마흔|스무살|스물",
        r"adult|grown man|grown ?up|older (?:man|guy|woman)|in (?:his|her) (?:20|30|40)s",
    ),
}
_DEADLINES = {
    Deadline.HOURS: _words(
        r"\d+(?:분|시간)(?:안|내|뒤|후|남|줄|준)|지금당장(?:안|보내)|카운트|초읽기|한시간(?:안|내|뒤|남)",
        r"(?:in|within|gives? me|gave me|only|got|have) (?:\d+|five|ten|an|one) "
        r"?(?:min|mins|minutes?|h|hrs?|hours?)\b(?! of)|count(?:ing|s)? ?down|right now or",
    ),
    Deadline.TODAY: _words(
        "오늘(?:까지|안에|안으로|밤까지|중으로)|자정까지|자정지나|(?<!\\d)\\d{1,2}시까지|오늘\\d+시까지",
        "(?:by|until|till|before) (?:tonight|midnight|today|the end of the day)",
    ),
    Deadline.DAYS: _words(
        r"(?:내일|모레|이번주|주말|[월화수목금토일]요일)(?:까지|안에|안으로)|\d+일(?:안|까지|내|준|줄)|"
        "(?:일주일|하루|이틀|사흘)(?:안|준|줄|남)",
        r"(?:by|until|till|before) (?:tomorrow|the weekend|"
        r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)|\d+ days",
    ),
}
_PLATFORMS = {
    Platform.KAKAOTALK: _words(
        "카톡|카카오|오픈채팅|오픈챗|오픈톡|옾챗|단톡|페이스톡|보이스톡",
        r"kakao\w*|katalk|open ?chat\w*",
    ),
    Platform.INSTAGRAM: _words("인스타|릴스|인별", r"insta\w*|ig"),
    Platform.TELEGRAM: _words("텔레(?!비전|파시|마케)|텔방|텔그", r"telegram|tele"),
    Platform.DISCORD: _words("디스코드|디코", "discord"),
    Platform.X: _words("트위터|트윗|트친|엑스(?:에서|계정)", "twitter|tweet\\w*"),
    Platform.FACEBOOK: _words("페이스북|페북|페메", "facebook|fb|messenger"),
    Platform.TIKTOK: _words("틱톡", "tik ?toks?"),
    Platform.YOUTUBE: _words("유튜브|유튭", "youtube|yt"),
    Platform.SNAPCHAT: _words("스냅챗|스냅(?:으로|에서|챗|계정)", r"snapchat|snap"),
    Platform.LINE: _words(
        "(?<!온)(?<!오프)(?<!가이드)라인(?:으로|에서|톡|영통|아이디|메신저)", "line app|on line"
    ),
    Platform.GAME: _words(
        "게임|로블록스|로블|배그|마인크래프트|마크에서|길드|롤에서|발로란트|메이플",
        r"games?|gaming|roblox|minecraft|valorant|fortnite",
    ),
    Platform.RANDOM_CHAT: _words("랜챗|랜덤채팅|랜덤챗|채팅앱|채팅어플|앙톡", "random chat|omegle"),
    Platform.WEBSITE: _words("사이트|블로그|웹하드|구글에|검색하면", "websites?|sites?|blog|forum"),
}
_ROLES = {
    Role.STRANGER: _words(
        "(?:모르는|낯선|처음보는)(?:사람|오빠|언니|형|누나|아저씨|남자|여자|애|계정|번호|어른|이)|"
        "온라인(?:에서|남친|여친|친구|오빠|언니)|인터넷에서|(?:오픈챗|오픈채팅|랜챗|랜덤채팅|게임|채팅|디코|"
        "트위터|인스타|틱톡|로블록스)(?:에서|으로|하다)(?:만난|알게|친해|안사람|말걸)|헬퍼|"
        "(?<!경찰)(?<!택시)(?<!경비)아저씨",
        r"strangers?|random (?:guy|man|person|dude)|from (?:a|the) game|dont know (?:him|her|them)|"
        r"(?:met|know\w*|someone|guy|man|friend)(?: \w+){0,2} online",
    ),
    Role.ACQUAINTANCE: _words(
        "아는(?:사람|오빠|언니|형|누나|동생|애)|선배|후배|이웃|사장님|알바하는데",
        "neighbou?r|boss|senior|coworker|(?:someone|guy|man) i know",
    ),
    Role.CLASSMATE: _words(
        "같은반|(?:우리|저희)반|반애|반친구|짝꿍|학교(?:애|친구|남자애|여자애)|일진|동아리|학원애",
        r"classmates?|(?:boys?|girls?|kids?|guys?|someone) (?:in|at|from) "
        r"(?:my |our )?(?:class|school)",
    ),
    Role.PARTNER: _words(
        "(?:[남여]친(?!구)|[남여]자친구)(?!있냐|있니|사귀|하재|하자|돼|되)|애인(?!가|데|지|거|것)|전남|전여|사귀는|헤어진",
        "boyfriend|girlfriend|bf|gf|my ex|partner",
    ),
    Role.FAMILY: _words(
        "(?:아빠|아버지|엄마|어머니|할아버지|할머니|삼촌|친오빠|친형|사촌|이모부|고모부)(?:가|이|는|폰)|"
        "새아빠|새엄마|의붓",
        r"my (?:dad|father|mom|mother|uncle|brother|cousin|grandpa)|step(?:dad|father|brother|mom)",
    ),
    Role.OFFICIAL: _words(
        "경찰(?:이라|이래|인척|사칭|관이)|형사(?:라|님|인척)|수사관|검사(?:라|님|인척)|변호사라|"
        "상담(?:사|원|쌤)(?:라|이라|인척|사칭)|선생님이|쌤이|담임|과외쌤|과외선생|코치|관장|목사|전도사|"
        "기자라|활동가|교사",
        r"(?:says?|claims?|pretend\w*) \w+(?: \w+){0,2} "
        r"(?:police|cop|detective|officer|counselor|lawyer)|"
        r"teacher|tutor|coach|pastor|investigator|police officer",
    ),
}
_EVIDENCE = {
    Evidence.CHAT: _words(
        "캡처|캡쳐|스샷|스크린샷|대화(?:내용|내역|방|창)|채팅(?:내용|내역|기록)|톡내용|문자내용|녹음",
        r"screen ?shots?|chat (?:log|history)|messages|recordings? of (?:the )?call",
    ),
    Evidence.IMAGE: _words(
        "사진|영상|동영상|짤|녹화본|합성물", r"pics?|pictures?|photos?|videos?|clips?"
    ),
    Evidence.ACCOUNT: _words(
        "계정|아이디(?!어)|닉네임|닉(?=을|은|만|알)|프로필|부계",
        r"accounts?|user ?names?|profiles?|handle|acc",
    ),
    Evidence.LINK: _words(
        "링크|url|주소창|사이트주소|초대링크|http", r"links?|urls?|https?|invite"
    ),
    Evidence.PAYMENT: _words(
        "계좌번호|입금(?:내역|기록|증)|송금(?:내역|기록|증)|이체(?:내역|영수증|기록)|핀번호",
        "bank account|transfer receipt|receipts?|transaction",
    ),
}
