"""What KakaoTalk's adapter says by itself, from the reviewed content."""

from dataclasses import dataclass

from bot.channels.kakao_format import CARD_LIMIT, LABEL_LIMIT, TEXT_LIMIT


@dataclass(frozen=True, slots=True)
class KakaoTexts:
    """Every sentence the adapter itself may say, from the reviewed content."""

    waiting: str  # no answer yet: it will be there when they press `check_label`
    not_stored: str  # what they wrote was not kept; with the crisis numbers
    too_much: str  # nor was this, because they write more than is kept; likewise
    test: str  # what the console's skill test shows
    check_label: str
    operator: str  # above the button that moves them to the consultation talk
    operator_label: str

    def __post_init__(self) -> None:
        sentences = (self.waiting, self.not_stored, self.too_much, self.test)
        fits = all(0 < len(text) <= TEXT_LIMIT for text in sentences)
        labels = (self.check_label, self.operator_label)
        short = all(0 < len(label) <= LABEL_LIMIT for label in labels)
        if not (fits and short and 0 < len(self.operator) <= CARD_LIMIT):
            raise ValueError("a KakaoTalk sentence is empty or too long")
