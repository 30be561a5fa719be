"""What Rasa itself says of the training data."""

import re
import subprocess

import pytest

from tests.rasa_process import NLU, PYTHON, environment, need_service

pytestmark = pytest.mark.rasa

OURS = re.compile(r"UserWarning: (.*)")
NO_STORY = re.compile(r"The intent '(\w+)' is not used in any story or rule\.")
"""There are no stories: Rasa only classifies here. Its validator has no switch for that."""
OF_RASA = {"out_of_scope"}  # an intent it knows, and warns of in no project


def test_rasa_data_validate_finds_nothing_but_that_no_story_uses_an_intent(
    domain: list[str],
) -> None:
    need_service()
    done = subprocess.run(
        [PYTHON, "-m", "rasa", "data", "validate"],
        cwd=NLU,
        env=environment(RASA_TELEMETRY_ENABLED="false"),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    said = OURS.findall(done.stdout + done.stderr)

    assert done.returncode == 0
    assert [one for one in said if not NO_STORY.match(one)] == []
    assert {found[1] for one in said if (found := NO_STORY.match(one))} == {*domain} - OF_RASA
