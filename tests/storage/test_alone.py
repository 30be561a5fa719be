import pytest

from storage.alone import held_alone
from storage.errors import DatabaseTaken
from tests.database import ON_POSTGRESQL, ON_SQLITE


@ON_SQLITE
def test_an_embedded_database_is_served_by_one_process(database_url: str) -> None:
    with held_alone(database_url) as alone:
        assert alone
        with pytest.raises(DatabaseTaken), held_alone(database_url):
            pass


@ON_SQLITE
def test_the_lock_is_free_again_when_its_holder_ended(database_url: str) -> None:
    with held_alone(database_url):
        pass
    with held_alone(database_url) as alone:
        assert alone


@ON_POSTGRESQL
def test_on_postgresql_nobody_is_alone(database_url: str) -> None:
    with held_alone(database_url) as first, held_alone(database_url) as second:
        assert not first
        assert not second
