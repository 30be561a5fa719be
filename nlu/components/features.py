"""Character and letter n-grams of a message, weighted by TF-IDF."""

import json
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from components.hangul import decompose, normalize

VIEWS = ("characters", "letters")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CharJamoFeaturizer(SparseFeaturizer, GraphComponent):
    """Two views of a text: n-grams of its characters, and of the letters inside its syllables."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Return what must stand before this component: a tokenizer."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages this component imports."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the sizes of the n-grams, and the weight of a whole row.

        `weight` scales a row; its square acts as the C of the regression behind it.
        """
        return {
            **SparseFeaturizer.get_default_config(),
            "characters": [1, 4],
            "letters": [3, 6],
            "min_df": 1,
            "weight": 1.0,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Accept any configuration; scikit-learn checks the sizes."""

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        """Make a featurizer that has seen no text yet."""
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._vectorizers = {view: self._vectorizer(view) for view in VIEWS}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return a new untrained featurizer."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GraphComponent:
        """Return the featurizer that training stored."""
        component = cls(config, execution_context.node_name, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            for view, vectorizer in component._vectorizers.items():
                grams = json.loads((folder / f"{view}.json").read_text(encoding="utf-8"))
                vectorizer.vocabulary_ = {gram: column for column, gram in enumerate(grams)}
                vectorizer.idf_ = np.load(folder / f"{view}.npy", allow_pickle=False)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the n-grams of all training sentences and their weights."""
        texts = [example.get(TEXT) for example in training_data.training_examples]
        for view, vectorizer in self._vectorizers.items():
            vectorizer.fit([_viewed(text, view) for text in texts if text])
        self._persist()
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Put the features on every training example."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Put one row for each token and one row for the whole text on each message."""
        for message in messages:
            tokens = message.get(TOKENS_NAMES[TEXT])
            if tokens:
                rows = self._rows([message.get(TEXT), *(token.text for token in tokens)])
                self.add_features_to_message(rows[1:], rows[:1], TEXT, message)
        return messages

    def _rows(self, texts: list[str]) -> scipy.sparse.csr_matrix:
        views = [
            vectorizer.transform([_viewed(text, view) for text in texts])
            for view, vectorizer in self._vectorizers.items()
        ]
        return scipy.sparse.hstack(views, format="csr") * self._config["weight"]

    def _vectorizer(self, view: str) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=tuple(self._config[view]),
            min_df=self._config["min_df"],
            sublinear_tf=True,
            lowercase=False,
            dtype=np.float64,
        )

    def _persist(self) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            for view, vectorizer in self._vectorizers.items():
                grams = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
                (folder / f"{view}.json").write_text(
                    json.dumps(grams, ensure_ascii=False), encoding="utf-8"
                )
                np.save(folder / f"{view}.npy", vectorizer.idf_, allow_pickle=False)


def _viewed(text: str, view: str) -> str:
    plain = normalize(text)
    return decompose(plain) if view == "letters" else plain
