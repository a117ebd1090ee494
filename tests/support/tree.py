"""The project's own files, whether or not git is here to list them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What .gitignore keeps out, and git itself: an unpacked sdist and CI's copy have no git to ask.
_NOT_OURS = {".env", ".git", ".venv", "__pycache__"}
_NOT_OURS_AT_THE_ROOT = {"build", "dist", "reports"}
_NOT_OURS_ENDINGS = ("_cache", ".egg-info")


def _ours(name: str) -> bool:
    return (
        name not in _NOT_OURS
        and not name.endswith(_NOT_OURS_ENDINGS)
        and not name.startswith((".coverage", ".hypothesis"))
    )


def project_files() -> Iterator[Path]:
    """Yield every file of the project, in a stable order."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(filter(_ours, folders))
        if Path(folder) == ROOT:
            folders[:] = [name for name in folders if name not in _NOT_OURS_AT_THE_ROOT]
        for name in sorted(filter(_ours, files)):
            yield Path(folder, name)
    if (about_reports := ROOT / "reports" / "README.md").is_file():
        yield about_reports


def copy_project(destination: Path) -> Path:
    """Copy the project's files to the new folder `destination`, which they may then litter; return it."""
    for file in project_files():
        target = destination / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    return destination
