"""Print what is installed beside this interpreter, with its licence; fail where one is not expected."""

import sys
from importlib.metadata import Distribution, distributions

EXPECTED = (
    "MIT",
    "BSD",
    "Apache",
    "PSF",
    "Python Software Foundation",
    "MPL",
    "Mozilla",
    "ISC",
    "LGPL",
    "Unlicense",
)
"""Whoever installs the program may pass it on with libraries under these."""
_OURS = {"paper_run", "paper-run"}


def licence(found: Distribution) -> str:
    """Return a licence: its expression, else its classifiers, else the first line of its field."""
    about = found.metadata
    if expression := about.get("License-Expression"):
        return expression
    classifiers = about.get_all("Classifier") or []
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    return (
        ", ".join(each for each in named if each != "OSI Approved")
        or (about.get("License") or "").split("\n")[0]
    )


def is_expected(said: str) -> bool:
    """Whether a licence is one of those."""
    return any(each in said for each in EXPECTED)


def main() -> int:
    """Print the table; return how many licences were not expected."""
    unexpected = 0
    for found in sorted(distributions(), key=lambda each: each.name.lower()):
        if found.name in _OURS or found.name in {"pip", "setuptools"}:
            continue
        said = licence(found)
        wrong = not is_expected(said)
        unexpected += wrong
        sys.stdout.write(
            f"{'!' if wrong else ' '} {found.name:24} {found.version:12} {said or 'says none'}\n"
        )
    return unexpected


if __name__ == "__main__":
    sys.exit(main())
