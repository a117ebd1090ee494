"""A certificate that nobody vouches for is said to be that, with what helps, whoever shows it."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from support.command import run_command
from support.odd_platform import OddPlatform
from support.socket_server import SocketServer, answer, serving

NOT_TRUSTED = "has a certificate that is not trusted (unable to get local issuer certificate)"
FIX = "ut its issuer's certificate into a file (PEM), and that file's path into REQUESTS_CA_BUNDLE"
SERVICES = ("SIGNAL_SERVICE_URL", "EXECUTION_GATEWAY_URL", "ORCHESTRATOR_URL")


@contextlib.contextmanager
def over_tls(authority: trustme.CA, *names: str) -> Iterator[tuple[SocketServer, str]]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    with serving(answer(), wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as server:
        yield server, f"https://127.0.0.1:{server.port}"


@pytest.mark.parametrize("args", [(), ("doctor",)], ids=str)
def test_of_a_service(tmp_path: Path, args: tuple[str, ...]) -> None:
    """Exit 1, without the advice to start it; with the bundle its own answer is what is wrong."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with over_tls(authority, "127.0.0.1") as (server, url):
        finished = run_command(*args, cwd=tmp_path, env=dict.fromkeys(SERVICES, url))
        said = finished.stdout + finished.stderr
        assert (finished.returncode, NOT_TRUSTED in said, FIX in said) == (1, True, True)
        assert "uvicorn" not in said
        assert server.seen == []
        bundle = {"REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")}
        again = run_command(*args, cwd=tmp_path, env=dict.fromkeys(SERVICES, url) | bundle)
        assert again.returncode == 1
        assert NOT_TRUSTED not in again.stdout + again.stderr
        assert server.seen


def test_of_another_name(tmp_path: Path) -> None:
    """That it is another's, and not that nobody is known to have issued it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with over_tls(authority, "elsewhere.example") as (_, url):
        env = dict.fromkeys(SERVICES, url) | {"REQUESTS_CA_BUNDLE": str(tmp_path / "ca.pem")}
        finished = run_command(cwd=tmp_path, env=env)
    assert finished.returncode == 1
    assert "has a certificate of another name (IP address mismatch" in finished.stderr
    assert "Name the host as the certificate does" in finished.stderr


def test_of_quotes_and_heartbeat(platform: OddPlatform, tmp_path: Path) -> None:
    """It has traded, the quotes could not be read, and `-v` shows why the heartbeat was not told."""
    with over_tls(trustme.CA(), "127.0.0.1") as (server, url):
        env = {
            "ALPACA_API_KEY_ID": "PKTEST",
            "ALPACA_API_SECRET_KEY": "secret",
            "PAPER_RUN_QUOTES_URL": url,
            "PAPER_RUN_HEARTBEAT_URL": f"{url}/ping",
        }
        finished = run_command("-v", cwd=tmp_path, env=env, platform=platform)
        assert server.seen == []
    assert (finished.returncode, platform.executed) == (1, 1)
    assert finished.stderr.count(f"POST {url}/... -> {NOT_TRUSTED}: p{FIX}") == 2
    block = finished.stderr.partition("ERROR")[2]
    assert "The quotes could not be read" in block
    assert f"{NOT_TRUSTED}: p{FIX}" in block
