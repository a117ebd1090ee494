"""The one place that takes secrets out of texts: our own in whatever form they return, and those in URLs."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from paper_run import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

HIDDEN = "<hidden>"
_LONG = 8
"""A secret of so many characters is found by its beginning, so that one that was cut off is found too."""
_SHORTEST = 4
"""A shorter password is a part of too many words; it is found together with its user alone."""

# Patterns are compiled where they are first used, here and wherever a usual day does without one.
_URL_LOGIN = (
    r"(?<=:)((?:\\?/){2})"
    r"(?:[^\s/\\?#\"'<>]*@|[^\s/?#@:\"'<>]*:(?![0-9]*(?:[/?#\s\"'<>]|$))[^\s\"'<>]*@)"
)
_URL_END = r"(:(?:\\?/){2}[^\s?#\"'<>]*[?#])[^\s\"']+"
_QUERY = r"([?#])[^\s?#=\"'<>]*=[^\s\"']*"
_IN_BASE64 = r"[A-Za-z0-9+/_-]{8,}={0,2}"

_BEHIND_A_CUT = frozenset(".…\"')]}")
_A_FACT = r"[a-z0-9_.:+/-]+|[A-Z0-9_.:+/-]+"
"""What a status, a name, an id, a symbol, a number or a date looks like."""
_MARKUP = frozenset("&<>\"'")
_UNUSUAL = (b"\\", b"\0", b"\xed")
"""Bytes of escapes, of other encodings than UTF-8, and of halves of a character."""


class _Form(NamedTuple):
    """A form of a secret; `least` characters of its beginning give it away."""

    text: str
    least: int
    is_plain: bool = False

    def length_at(self, text: str, at: int) -> int:
        """Return how many characters of it stand there, 0 if it is another word that begins as it does."""
        length = 0
        for ours, theirs in zip(self.text, text[at : at + len(self.text)], strict=False):
            if ours != theirs:
                break
            length += 1
        is_cut_off = all(sign in _BEHIND_A_CUT or sign.isspace() for sign in text[at + length :])
        return length if length == len(self.text) or is_cut_off else 0


class _Finder:
    """Finds forms of secrets, also of one that was cut off."""

    def __init__(self, forms: Iterable[_Form]) -> None:
        self._long: dict[str, list[_Form]] = {}
        words = []
        for form in forms:
            if len(form.text) < _LONG:
                words.append(rf"(?<![A-Za-z0-9]){re.escape(form.text)}(?![A-Za-z0-9])")
            else:
                self._long.setdefault(form.text[: form.least], []).append(form)
        beginnings = [re.escape(head) for head in sorted(self._long, key=len, reverse=True)]
        self._found = re.compile("|".join([*words, *beginnings])) if beginnings or words else None

    def finds(self, text: str) -> bool:
        """Whether there may be one in a text."""
        return self._found is not None and self._found.search(text) is not None

    def without(self, text: str) -> str:
        """Return a text with none, each as far as it goes."""
        parts, start, looked = [], 0, 0
        while self._found is not None and (found := self._found.search(text, looked)):
            at = found.start()
            beginning = [forms for head, forms in self._long.items() if text.startswith(head, at)]
            length = max((form.length_at(text, at) for forms in beginning for form in forms), default=0)
            if not beginning:
                length = len(found[0])
            if length:
                parts += [text[start:at], HIDDEN]
                start = at + length
            looked = at + (length or 1)
        return "".join([*parts, text[start:]])


class Secrets:
    """What must be read by nobody: passwords and keys, in each form in which somebody may repeat them.

    :param logins: pairs of user and password; without a password the user is the secret.
    :param keys: secrets without a user.
    """

    def __init__(self, *, logins: Iterable[tuple[str, str]] = (), keys: Iterable[str] = ()) -> None:
        known = list(logins)
        pairs = [(user, password) for user, password in known if password]
        alone = [*(password or user for user, password in known), *keys]
        base64 = {form for pair in pairs for form in _base64_of_pair(*pair)}
        base64 |= {_Form(text, _LONG) for secret in alone for text in _base64(secret)}
        self._base64 = {form for form in base64 if len(form.text) >= _LONG}
        forms = {*(_joined(*pair) for pair in pairs), *_each(alone), *(base64 - self._base64)}
        self._all = _Finder(forms)
        self._in_facts = _Finder(form for form in forms if not form.is_plain or len(form.text) >= _LONG)
        self._by_chance = frozenset(secret for secret in alone if re.fullmatch(_A_FACT, secret))

    def __repr__(self) -> str:
        return "Secrets(<hidden>)"

    def text(self, text: str) -> str:
        """Return a text without secrets: ours, and the login, query and fragment of any URL in it.

        What no file can encode is a question mark.
        """
        clean = text.encode("utf-8", "replace").decode("utf-8")
        clean = _without_url_parts(self._all.without(self._without_base64(clean)))
        return re.sub(_QUERY, rf"\1{HIDDEN}", clean) if "=" in clean else clean

    def values(self, value: Any, *, facts: Collection[str] = ()) -> tuple[Any, bool]:
        """Return a JSON value with each text cleaned, and whether that changed anything.

        :param facts: names of fields that decide something. A password that is by chance the word or the
            digits there is left, or an answer could not be read any more.
        """
        return self._value(value, facts, is_fact=False)

    def may_be_in(self, body: bytes) -> bool:
        """Whether a JSON text may hold something to be cleaned; quick, and True when in doubt."""
        if any(sign in body for sign in _UNUSUAL):
            return True
        text = body.decode("utf-8", "replace")
        if self._all.finds(text) or any(form.text[: form.least] in text for form in self._base64):
            return True
        return "://" in text or ("=" in text and re.search(_QUERY, text) is not None)

    def _value(self, value: Any, facts: Collection[str], *, is_fact: bool) -> tuple[Any, bool]:
        if isinstance(value, str):
            text = self._fact(value) if is_fact else self.text(value)
            return text, text != value
        if isinstance(value, list):
            entries = [self._value(entry, facts, is_fact=is_fact) for entry in value]
            return [entry for entry, _ in entries], any(changed for _, changed in entries)
        if isinstance(value, dict):
            fields: dict[str, Any] = {}
            changed = False
            for name, entry in value.items():
                shown = name if name in facts else self.text(name)
                fields[shown], is_new = self._value(entry, facts, is_fact=name in facts)
                changed = changed or is_new or shown != name
            return fields, changed
        return value, False

    def _fact(self, text: str) -> str:
        clean = text.encode("utf-8", "replace").decode("utf-8")
        if clean not in self._by_chance:
            clean = self._in_facts.without(self._without_base64(clean))
        return _without_url_parts(clean)

    def _without_base64(self, text: str) -> str:
        return re.sub(_IN_BASE64, self._unless_secret, text) if self._base64 else text

    def _unless_secret(self, found: re.Match[str]) -> str:
        """Hide what holds a secret in base64, or is a piece of one: that gives a piece of it away."""
        run = found[0].rstrip("=")
        is_secret = any(form.text[: form.least] in run or run in form.text for form in self._base64)
        return HIDDEN if is_secret else found[0]


def _each(secrets: Iterable[str]) -> Iterator[_Form]:
    """Yield the forms of secrets that stand alone."""
    for secret in filter(None, secrets):
        for text in _spellings(secret):
            if len(text) >= _SHORTEST:
                yield _Form(text, min(len(text), _LONG), is_plain=text == secret)


def _joined(user: str, password: str) -> _Form:
    """Return a login as it is written; its beginning, the user, is no secret."""
    return _Form(f"{user}:{password}", len(user) + 1 + min(len(password), _SHORTEST))


def _spellings(secret: str) -> set[str]:
    percent = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in percent}
    escaped = json.dumps(secret)[1:-1]
    found = {secret, *percent, *lower, escaped, escaped.replace("/", "\\/")}
    if not _MARKUP.isdisjoint(secret):
        import html  # its table of entities takes a millisecond

        found.add(html.escape(secret))
    return found


def _base64_of_pair(user: str, password: str) -> Iterator[_Form]:
    """Yield a login as HTTP's Basic and SMTP's PLAIN send it; what tells the user alone is no secret."""
    for before in (f"{user}:", f"\0{user}\0"):
        least = max(_LONG, len(before.encode()) * 4 // 3 + _SHORTEST)
        yield from (_Form(text, min(len(text), least)) for text in _base64(before + password))


def _base64(text: str) -> set[str]:
    octets = {text.encode("utf-8", "replace"), text.encode("latin-1", "replace")}
    return {
        encode(each).decode("ascii").rstrip("=")
        for each in octets
        for encode in (b64encode, urlsafe_b64encode)
    }


def _without_url_parts(text: str) -> str:
    if "://" not in text and ":\\/" not in text:
        return text
    if "@" in text:
        text = re.sub(_URL_LOGIN, rf"\1{HIDDEN}@", text)
    return re.sub(_URL_END, rf"\1{HIDDEN}", text) if "?" in text or "#" in text else text


NO_SECRETS = Secrets()
"""What is known where there are none of ours: URLs are cleaned all the same."""
