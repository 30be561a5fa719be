"""The threat model cites tests that exist, and names every attacker."""

import re

from tests.scenarios.house import ROOT

PAGE = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")


def test_every_test_it_cites_exists() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    defined = set(re.findall(r"def (test_\w+)\(", "\n".join(sources)))
    cited = set(re.findall(r"`(test_\w+)`", PAGE))

    assert len(cited) > 50
    assert cited - defined == set()


def test_every_attacker_is_there_with_what_remains() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    attackers = {one.split(":")[0]: one for one in sections if re.match(r"T\d+:", one)}

    assert list(attackers) == [f"T{number}" for number in range(1, 14)]
    for words in attackers.values():
        assert "**What stops them**" in words
        assert "**What remains**" in words


def test_it_can_be_found() -> None:
    for page in ("README.md", "docs/architecture.md"):
        assert "threat-model.md" in (ROOT / page).read_text(encoding="utf-8")
