"""Trains the language model when its inputs changed; keeps the one before it, too."""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MODELS = ROOT / "models"
CURRENT = MODELS / "current.json"
REFUSED = MODELS / "refused.json"  # what nlu/release refused or took back, and on which day
USUAL_SECONDS = 4500


def main() -> int:
    """Make the model of today's inputs and serve it from now on; return the exit code.

    One that was refused or taken back is not made, where another one serves.
    """
    name, serving = f"{fingerprint()[:16]}.tar.gz", current().get("model", "")
    kept = bool(serving) and (MODELS / serving).is_file()
    if kept and serving == name:
        print(f"the language model is up to date ({name})")
    elif kept and name in refused():
        print(f"{serving} is kept: {name} was refused or taken back; nlu/release measures it anew")
    else:
        point_to(build())
    return 0


def build() -> Path:
    """Return the model of today's inputs: kept, fetched from the cache, or trained now."""
    model = MODELS / f"{fingerprint()[:16]}.tar.gz"
    MODELS.mkdir(exist_ok=True)
    cached = _cached(model.name)
    if model.is_file():
        print(f"the language model {model.name} was trained before")
    elif cached and cached.is_file():
        print(f"the language model comes from the cache ({model.name})")
        _copy(cached, model)
    else:
        _train(model)
        if cached:
            cached.parent.mkdir(parents=True, exist_ok=True)
            _copy(model, cached)
    return model


def adopt(model: Path) -> Path:
    """Return the model's place among ours, copied there if it comes from elsewhere."""
    place = MODELS / model.name
    if not place.is_file():
        _copy(model, place)
    return place


def current() -> dict[str, str]:
    """Return what `models/current.json` says: model, and previous where there was one."""
    if not CURRENT.is_file():
        return {}
    found: dict[str, str] = json.loads(CURRENT.read_text(encoding="utf-8"))
    return found


def refused() -> dict[str, str]:
    """Return the models that must not serve by themselves, each with the day it was refused."""
    if not REFUSED.is_file():
        return {}
    found: dict[str, str] = json.loads(REFUSED.read_text(encoding="utf-8"))
    return found


def refuse(name: str) -> None:
    """Note that a model was refused or taken back, for all who train after this."""
    _write(REFUSED, {**refused(), name: date.today().isoformat()})


def allow(name: str) -> None:
    """Take back a refusal, if there is one."""
    if name in refused():
        _write(REFUSED, {one: day for one, day in refused().items() if one != name})


def point_to(model: Path) -> None:
    """Name the model to serve and the one to go back to, in one step; drop older ones."""
    before = current()
    pointer = {"model": model.name, "fingerprint": model.name.partition(".")[0]}
    previous = before.get("previous" if before.get("model") == model.name else "model")
    if previous:
        pointer["previous"] = previous
    _write(CURRENT, pointer)
    for old in MODELS.glob("*.tar.gz"):
        if old.name not in (pointer["model"], pointer.get("previous")):
            old.unlink()


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
    for kind in ("*.py", "*.txt"):
        yield from sorted((ROOT / "components").glob(kind))
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


def _write(path: Path, said: Mapping[str, str]) -> None:
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(said) + "\n")
    unfinished.replace(path)


def _cached(name: str) -> Path | None:
    folder = os.environ.get("GYEOT_NLU_CACHE")
    return Path(folder) / name if folder else None


def _copy(source: Path, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, unfinished)
    unfinished.replace(target)


if __name__ == "__main__":
    raise SystemExit(main())
