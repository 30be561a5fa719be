"""A house to practice in: on this machine alone, with nothing of the real one."""

from bot.config import Settings

FOLDER = "train"
WORDS = """\
gyeot: a house to practice in, at {address} (this machine only). Nobody real is here.
  1. Open the link above, choose any name, and sign in (later: {address}/console/login).
  2. Pages, "duties and care": begin a practice talk; it appears in the line, marked.
  3. Take it by hand. The script answers you, and goes on by itself when you let it wait.
  Everything is kept under {home}; delete that folder to begin anew. Ctrl+C ends it."""


def training(settings: Settings) -> Settings:
    """Return settings of a house that leads to nobody: own folder, loopback, no channel."""
    return Settings.model_construct(
        **{name: field.get_default() for name, field in Settings.model_fields.items()}
        | {
            "home": settings.home / FOLDER,
            "port": settings.port,
            "public_url": f"http://localhost:{settings.port}",  # a name, so that passkeys work
            "nlu_url": settings.nlu_url,
            "nlu_token": settings.nlu_token,
            "log_level": "WARNING",
        }
    )


def words(settings: Settings) -> str:
    """Return what a newcomer does next."""
    return WORDS.format(address=settings.address, home=settings.home)
