"""What is wrong with a server's TLS certificate, in words, and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run import NamedTuple

if TYPE_CHECKING:
    import ssl

_NOT_YET, _EXPIRED = 9, 10
_OTHER_NAME = frozenset({62, 63, 64})
"""OpenSSL's X509_V_ERR_ of a host name, an e-mail address and an IP address that do not match."""


class Fault(NamedTuple):
    """A clause whose subject is the server, and what a person may do."""

    words: str
    fix: str


def fault(error: ssl.SSLCertVerificationError, setting: str) -> Fault:
    """Tell a certificate that is not trusted from one of another name and one of another time.

    :param setting: names the file of certificates that are trusted.
    """
    said = error.verify_message.rstrip(".")
    if error.verify_code in (_NOT_YET, _EXPIRED):
        when = "has expired" if error.verify_code == _EXPIRED else "is not valid yet"
        return Fault(f"has a certificate that {when}", "renew it there, if this machine's clock is right")
    if error.verify_code in _OTHER_NAME:
        return Fault(f"has a certificate of another name ({said})", "name the host as the certificate does")
    return Fault(
        f"has a certificate that is not trusted ({said})",
        f"put its issuer's certificate into a file (PEM), and that file's path into {setting}",
    )
