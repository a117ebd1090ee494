"""The one error of the sandbox."""


class SandboxError(Exception):
    """The sandbox cannot start or go on; the message says what, where, and what to do."""
