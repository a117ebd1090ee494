"""Word of what left no result: a run that stopped or began too late, a mark that failed, a closed day."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple, get_args

NoticeKind = Literal["stopped", "late", "unvalued", "closed"]


class Notice(NamedTuple):
    """What is to be told of such a day.

    :ivar session: the exchange's date, ISO. :ivar title: what happened; of a closed day why it is closed.
    :ivar next_session: the date of the next session, ISO, where it is known.
    :ivar label: the words that must go with what is not of a real trade, see `json_document.label`.
    """

    kind: NoticeKind
    session: str
    title: str
    explanation: str
    remedies: tuple[str, ...]
    exit_status: int
    next_session: str | None
    label: str | None

    def to_json(self) -> str:
        """Return the notice as text for the ledger."""
        return json.dumps(self._asdict())

    @classmethod
    def from_json(cls, text: str) -> Notice:
        """Read a notice back.

        :raises ValueError: the text is none.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.keys() != set(cls._fields):
            raise ValueError("a notice is a JSON object with the fields of one")
        notice = cls(**content)
        if not notice._is_sound():
            raise ValueError("a notice has a field of another kind")
        return notice._replace(remedies=tuple(notice.remedies))

    def _is_sound(self) -> bool:
        required: tuple[Any, ...] = (self.session, self.title, self.explanation)
        optional: tuple[Any, ...] = (self.next_session, self.label)
        return (
            self.kind in get_args(NoticeKind)
            and all(isinstance(each, str) for each in required)
            and all(each is None or isinstance(each, str) for each in optional)
            and isinstance(self.remedies, list)
            and all(isinstance(each, str) for each in self.remedies)
            and type(self.exit_status) is int
        )
