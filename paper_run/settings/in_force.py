"""Each setting as it is in force, and where it was typed; what nobody may see is hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.settings import database, raw
from paper_run.settings.config import KEY_VARIABLES, reports_folder
from paper_run.settings.notify import PushUrl
from paper_run.settings.options import OPTIONS

if TYPE_CHECKING:
    from paper_run.settings.sources import Sources
    from paper_run.settings.variables import From, Option

HIDDEN = "<hidden>"
_ALIASES = dict(KEY_VARIABLES)
_SECRET_URLS = ("PAPER_RUN_HEARTBEAT_URL", "PAPER_RUN_NOTIFY")
_ARE_URLS = ("raw.base_url", "broker.host")


class Setting(NamedTuple):
    """A setting in force.

    :ivar name: its variable. :ivar flag: "" where it has none.
    :ivar value: as it may be shown; None: not set. :ivar source: where it comes from.
    :ivar where: the flag, the variable or the path of the file; "" for a default.
    :ivar said: the default in words, where it hangs on something.
    """

    name: str
    flag: str
    value: str | None
    source: From
    where: str = ""
    said: str = ""


def in_force(sources: Sources) -> list[Setting]:
    """Return every setting that has a variable, in the order of the reference.

    :raises DataError: the reports folder is no path.
    """
    return [_setting(each, sources) for each in OPTIONS if each.variable]


def _setting(option: Option, sources: Sources) -> Setting:
    source, where, values = sources.typed(option, _ALIASES.get(option.variable, ""))
    value = ",".join(values) if values else option.default
    if option.path == "dir":
        value = str(reports_folder(sources))
    shown = value if value is None else _shown(option, value)
    return Setting(
        option.variable, option.flag, shown, source, where, "" if values else option.said.replace("`", "")
    )


def _shown(option: Option, value: str) -> str:
    if option.variable == "PAPER_RUN_LEDGER_URL":
        return database.shown(value) or HIDDEN
    if option.variable in _SECRET_URLS and all(re.match(r"\w+://", word) for word in value.split()):
        return " ".join(PushUrl(word).shown for word in value.split())
    if option.secret:
        return HIDDEN
    return raw.shown_url(value) if option.check in _ARE_URLS or "://" in value else value
