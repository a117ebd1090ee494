"""The settings in force as `config` prints them: a line each, or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paper_run.model.json_text import dumps
from paper_run.report import columns, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from paper_run.settings.in_force import Setting

_GAP = "  "


def lines(settings: Sequence[Setting], file: str | None, width: int = columns.WIDTH) -> Iterator[str]:
    """Yield a line for each setting: its name, its value, where that comes from; more where one is too long.

    :param file: the path of the settings file that is read, None for none.
    """
    yield f"Settings file: {text.one_line(file) if file else 'none'}"
    wide = max(len(each.name) for each in settings)
    for each in settings:
        value = each.value or each.said
        if not value:
            yield f"{each.name:<{wide}}{_GAP}not set"
            continue
        words = (f"{each.name:<{wide}}", text.one_line(value), f"({text.one_line(_origin(each))})")
        yield from columns.in_lines(words, width)


def _origin(setting: Setting) -> str:
    return setting.source if setting.source == "environment" else setting.where or setting.source


def json_text(settings: Sequence[Setting], file: str | None, warnings: Sequence[str]) -> str:
    """Return one JSON document; see docs/schema/commands.schema.json.

    :param warnings: what is allowed and yet probably not meant, such as a misspelt name.
    """
    rows = [
        {
            "name": each.name,
            "flag": each.flag or None,
            "value": each.value,
            "default": each.said or None,
            "source": each.source,
            "where": each.where or None,
        }
        for each in settings
    ]
    content: Any = {"settings_file": file, "settings": rows, "warnings": list(warnings)}
    return dumps(content)
