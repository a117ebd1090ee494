"""The README's own commands: the one line of the fenced block right after `<!-- command: NAME -->`."""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"

_FENCE = "```"


def command(name: str, text: str | None = None) -> str:
    """Return the line that the README (or `text`) marks as command `name`.

    ValueError says what is wrong with the README: the comment is missing or stands there twice, the fence
    does not follow it on the very next line or never ends, or the block holds anything but one line.
    """
    lines = (README.read_text("utf-8") if text is None else text).splitlines()
    marker = f"<!-- command: {name} -->"
    found = [number for number, line in enumerate(lines) if line.strip() == marker]
    if len(found) != 1:
        raise ValueError(f"README: {marker} must be a line of its own, once; found {len(found)} times")
    rest = lines[found[0] + 1 :]
    if not rest or not re.fullmatch(r"```(\w+)?", rest[0].strip()):
        raise ValueError(f"README: the line after {marker} must open a fenced block (```)")
    body = [line.strip() for line in rest[1:]]
    if _FENCE not in body:
        raise ValueError(f"README: the fenced block after {marker} never ends")
    block = body[: body.index(_FENCE)]
    if len(block) != 1 or not block[0]:
        raise ValueError(f"README: the block after {marker} must hold exactly one line, not {len(block)}")
    return block[0]


if __name__ == "__main__":
    try:
        print(command(sys.argv[1]))
    except (IndexError, OSError, ValueError) as error:
        sys.exit(f"usage: readme.py NAME\n{error}" if isinstance(error, IndexError) else str(error))
