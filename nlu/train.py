"""Trains the language model when its inputs changed, and keeps the two last ones."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MODELS = ROOT / "models"
CURRENT = MODELS / "current.json"
KEPT_MODELS = 2
USUAL_SECONDS = 60


def main() -> int:
    """Train, fetch from the cache or skip; return the exit code."""
    mark = fingerprint()
    model = MODELS / f"{mark[:16]}.tar.gz"
    if model.is_file() and _current() == model.name:
        print(f"the language model is up to date ({model.name})")
        return 0
    MODELS.mkdir(exist_ok=True)
    cached = _cached(model.name)
    if model.is_file():
        print(f"back to the language model {model.name}, trained before")
    elif cached and cached.is_file():
        print(f"the language model comes from the cache ({model.name})")
        _copy(cached, model)
    else:
        _train(model)
        if cached:
            cached.parent.mkdir(parents=True, exist_ok=True)
            _copy(model, cached)
    _point_to(model, mark)
    _remove_old()
    return 0


def fingerprint() -> str:
    """Return the SHA-256, in hex, over the names and bytes of everything a model depends on."""
    digest = hashlib.sha256()
    for path in _inputs():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _inputs() -> Iterator[Path]:
    for name in ("config.yml", "domain.yml", "requirements.txt"):
        yield ROOT / name
    yield from sorted((ROOT / "components").glob("*.py"))
    yield from sorted((ROOT / "data").rglob("*.yml"))


def _train(model: Path) -> None:
    print(f"training the language model, about {USUAL_SECONDS} s …", flush=True)
    started = time.monotonic()
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Rasa's own cache does not see a change in components/hangul.py: none is kept.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    # Not a filter: Rasa resets those, and its dependencies' deprecations are not ours to read.
    warnings.showwarning = lambda *_args, **_kwargs: None
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    # Imported here: it takes seconds, and an unchanged model needs none of it.
    from rasa.model_training import train_nlu  # noqa: PLC0415

    with tempfile.TemporaryDirectory(dir=MODELS, prefix=".training-") as folder:
        made: str | None = train_nlu(
            config="config.yml", nlu_data="data", domain="domain.yml", output=folder
        )
        if made is None:
            raise SystemExit("training the language model failed: Rasa made no model")
        Path(made).replace(model)
    size = model.stat().st_size / 1e6
    print(f"trained {model.name} in {time.monotonic() - started:.0f} s, {size:.1f} MB")


def _cached(name: str) -> Path | None:
    folder = os.environ.get("GYEOT_NLU_CACHE")
    return Path(folder) / name if folder else None


def _copy(source: Path, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)


def _current() -> str | None:
    if not CURRENT.is_file():
        return None
    name: str | None = json.loads(CURRENT.read_text(encoding="utf-8")).get("model")
    return name


def _point_to(model: Path, mark: str) -> None:
    os.utime(model)  # the age that _remove_old sorts by is the last time it became current
    unfinished = CURRENT.with_suffix(".unfinished")
    unfinished.write_text(json.dumps({"model": model.name, "fingerprint": mark}) + "\n")
    unfinished.replace(CURRENT)


def _remove_old() -> None:
    newest_first = sorted(MODELS.glob("*.tar.gz"), key=lambda path: -path.stat().st_mtime)
    for model in newest_first[KEPT_MODELS:]:
        model.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
