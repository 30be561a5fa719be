"""A tokenizer that keeps Hangul beside Latin text, which the stock one deletes."""

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

_WORD = re.compile(r"\w+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class HangulTokenizer(Tokenizer):
    """Runs of letters and digits of any script; a text without one is a single token."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return what Rasa's tokenizer expects to find."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the words of one attribute, each with its place in the text."""
        text = message.get(attribute)
        tokens = [Token(found.group(), found.start()) for found in _WORD.finditer(text)]
        return tokens or [Token(text, 0)]
