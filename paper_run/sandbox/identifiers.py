"""Identifiers in the form of a UUID, without the price of importing `uuid`."""

import re
from hashlib import sha256
from os import urandom

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def random_uuid() -> str:
    """Return a new UUID, version 4."""
    return _written(urandom(16).hex())


def uuid_of(text: str) -> str:
    """Return a UUID that follows from a text."""
    return _written(sha256(text.encode()).hexdigest())


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its usual form and lower case."""
    return _UUID.fullmatch(text) is not None


def _written(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
