"""Settings as the command line reads them on the day on which most tests play."""

from datetime import date
from pathlib import Path

from builders.moments import SESSION
from paper_run.settings import config
from paper_run.settings.config import Config
from paper_run.settings.sources import Sources

HERE = Path("/nowhere/at/all")


def configured(
    flags: dict[str, str | list[str]] | None = None,
    environment: dict[str, str] | None = None,
    *,
    env_file: str | None = None,
    here: Path = HERE,
    today: date = SESSION,
) -> Config:
    """Read a configuration from flags, variables and the text of an env file."""
    typed = {flag: [value] if isinstance(value, str) else value for flag, value in (flags or {}).items()}
    return config.load(Sources(typed, environment or {}, env_file=env_file, here=here), today=today)
