import pytest

from bot.roles import ALL, ProcessRole, read_roles, written


def test_roles_are_a_list_with_commas_in_any_order() -> None:
    assert read_roles("sender, web") == {ProcessRole.WEB, ProcessRole.SENDER}
    assert read_roles(written(ALL)) == ALL
    assert written({ProcessRole.SENDER, ProcessRole.WEB}) == "web,sender"


@pytest.mark.parametrize("words", ["", "web,", "cook", "web;worker"])
def test_what_is_no_role_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="ProcessRole"):
        read_roles(words)
