"""The names we give."""

from uuid import UUID, uuid4

from handoff.alias import alias
from storage.records import Language


def test_a_talk_has_the_same_name_every_time_and_in_both_languages_the_same_animal() -> None:
    talk = UUID("5f2d3c4b-0000-4000-8000-000000000001")
    assert alias(talk, Language.KO) == alias(UUID(str(talk)), Language.KO)
    assert alias(talk, Language.KO).split()[-1] == alias(talk, Language.EN).split()[-1]


def test_names_seldom_meet() -> None:
    names = [alias(uuid4(), Language.KO) for _ in range(30)]
    assert len(set(names)) > 25
