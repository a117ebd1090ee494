"""What a person may set about the signature between the platform's services."""

from datetime import date
from pathlib import Path

import pytest

from paper_run.errors import DataError
from paper_run.model.service import ServiceIdentity
from paper_run.settings import auth, config
from paper_run.settings.sources import Sources

SECRET = "s3cr3t-" * 10
OTHER = "another-" * 9
OWN, ALL, FILE = auth.OWN_SECRET, auth.SECRET, auth.SECRET_FILE


def read(folder: Path, variables: dict[str, str]) -> ServiceIdentity | None:
    sources = Sources({}, variables, env_file=None, here=folder)
    return auth.read(sources)


def refused(folder: Path, variables: dict[str, str]) -> DataError:
    """Return the error, in which no secret may be."""
    with pytest.raises(DataError) as caught:
        read(folder, variables)
    error = caught.value
    said = f"{error} {error!r} {error.remedies}"
    assert error.exit_status == 3
    assert "s3cr3t" not in said
    assert error.__cause__ is None
    return error


@pytest.mark.parametrize("variables", [{}, {ALL: " "}, {auth.NAME: "me"}, {auth.SIGNS_RUN: "0"}])
def test_without_a_secret_nothing_is_signed(tmp_path: Path, variables: dict[str, str]) -> None:
    """A name alone signs nothing."""
    assert read(tmp_path, variables) is None


def test_the_platforms_own_variables(tmp_path: Path) -> None:
    """That of the orchestrator alone goes before that of all services, as the platform has it."""
    expected = ServiceIdentity("orchestrator", SECRET, False)
    assert read(tmp_path, {ALL: SECRET}) == expected
    assert read(tmp_path, {OWN: SECRET, ALL: OTHER}) == expected
    assert read(tmp_path, {OWN: SECRET, ALL: "short"}) == expected


def test_a_file_goes_before_them(tmp_path: Path) -> None:
    """The end of its line is no part of the secret; a relative path is that of the settings' folder."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    expected = ServiceIdentity("orchestrator", SECRET, False)
    assert read(tmp_path, {FILE: "secret"}) == expected
    assert read(tmp_path, {FILE: "secret", OWN: OTHER, ALL: OTHER}) == expected


def test_another_name_has_not_the_orchestrators_secret(tmp_path: Path) -> None:
    """The platform looks a secret up by the name: that variable is no other name's."""
    named = {auth.NAME: "execution_gateway"}
    assert read(tmp_path, {**named, OWN: SECRET}) is None
    assert read(tmp_path, {**named, OWN: OTHER, ALL: SECRET}) == ServiceIdentity(
        "execution_gateway", SECRET, False
    )


def test_the_request_to_trade_is_signed_on_demand(tmp_path: Path) -> None:
    """Only with a secret to sign it with."""
    assert read(tmp_path, {ALL: SECRET, auth.SIGNS_RUN: "1"}) == ServiceIdentity("orchestrator", SECRET, True)
    error = refused(tmp_path, {auth.SIGNS_RUN: "1"})
    assert error.title == "PAPER_RUN_SIGN_ORCHESTRATOR is set, but there is no secret to sign with"
    assert "'yes' is not allowed" in str(refused(tmp_path, {ALL: SECRET, auth.SIGNS_RUN: "yes"}))


@pytest.mark.parametrize(
    ("secret", "words"),
    [("s3cr3t-" * 9, "has 63 characters, which is too short"), ("s3cr3t\x07" * 10, "can't be printed")],
)
def test_a_secret_that_no_service_can_have_is_refused(tmp_path: Path, secret: str, words: str) -> None:
    """Exit 3, the place and the reason; never the secret. 64 characters are enough."""
    (tmp_path / "secret").write_text(secret)
    for variables, place in (
        ({ALL: secret}, f"{ALL} "),
        ({OWN: secret, ALL: SECRET}, f"{OWN} "),
        ({FILE: "secret"}, f"{FILE}: {tmp_path / 'secret'} "),
    ):
        error = refused(tmp_path, variables)
        assert error.title.startswith(place)
        assert words in error.title
    assert read(tmp_path, {ALL: "x" * 64}) is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "is empty"), (f"{SECRET}\n{SECRET}\n", "and a secret has one"), (None, "can't be read")],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: str | None, words: str) -> None:
    """Nothing of what is in it is shown."""
    if content is not None:
        (tmp_path / "secret").write_text(content)
    assert words in str(refused(tmp_path, {FILE: "secret"}))


@pytest.mark.parametrize("name", ["a b", "a\r\nX: y", "é", "x" * 65])
def test_a_name_that_no_header_can_have_is_refused(tmp_path: Path, name: str) -> None:
    """With a secret or without."""
    assert "PAPER_RUN_SERVICE_ID" in refused(tmp_path, {auth.NAME: name}).title


def test_the_file_is_one_that_others_may_not_read(tmp_path: Path) -> None:
    """It is among those whose permissions are looked at; a `.env` that only names it is none."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / ".env").write_text(f"{FILE}=secret\n")
    sources = Sources({}, {}, env_file=None, here=tmp_path)
    read_whole = config.load(sources, today=date(2026, 11, 25))
    assert read_whole.secret_files == (tmp_path / "secret",)
    assert SECRET not in repr(read_whole)
    assert read_whole.secrets.text(f"as {SECRET}.") == "as <hidden>."
    (tmp_path / ".env").write_text(f"{ALL}={SECRET}\n")
    sources = Sources({}, {}, env_file=None, here=tmp_path)
    assert config.load(sources, today=date(2026, 11, 25)).secret_files == (tmp_path / ".env",)
