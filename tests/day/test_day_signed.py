"""A platform that lets nothing be read unsigned: the day, each retry, and what is wrong with a signature."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from day.exchange_day import Day
from support.answers import Answer, detail_object
from support.command import Finished
from support.odd_platform import ORDERS, POSITIONS, RUN, RUNS
from support.strict_signatures import DENIED, INVALID, NONE, SECRET, Gate

CLOSE = "2026-11-25 21:10"
SIGN_RUN = {"PAPER_RUN_SIGN_ORCHESTRATOR": "1"}


class Signed(Day):
    """A day on a platform whose three services have a gate each."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.gates = {name: Gate(now=self.platform.now) for name in ("signal", "gateway", "orchestrator")}
        for name, gate in self.gates.items():
            self.platform.services[name].gate = gate
        self.env["INTERNAL_TOKEN_SECRET"] = SECRET

    @property
    def refused(self) -> list[str]:
        return [why for gate in self.gates.values() for why in gate.refused]

    @property
    def unsigned(self) -> list[str]:
        return [what for gate in self.gates.values() for what in gate.unsigned]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Signed]:
    made = Signed(tmp_path)
    with made.platform:
        yield made
    said = "".join(each.stdout + each.stderr for each in made.said)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for secret in (SECRET, SECRET[:20], b64encode(SECRET.encode()).decode()[:40]):
        assert secret not in said
        assert [path.name for path, content in files.items() if secret.encode() in content] == []


def line(said: Finished, name: str) -> str:
    """Return doctor's one line about a thing."""
    (found,) = [each for each in said.lines if each[2:].startswith(f"{name}:")]
    return found


def test_the_day_is_signed_but_for_its_one_request(day: Signed) -> None:
    """Health, positions, orders and the list: each with a nonce of its own; a mark and the next day too."""
    day.must("-v")
    assert (day.refused, day.platform.executed) == ([], 1)
    assert day.unsigned == [f"POST {RUN}"]
    day.at(CLOSE).must("mark")
    day.at("2026-11-27 15:00").must()
    assert (day.refused, day.platform.executed) == ([], 2)
    assert day.unsigned == [f"POST {RUN}"] * 2
    assert all(gate.passed for gate in day.gates.values())
    assert {count for gate in day.gates.values() for count in gate.nonces.values()} == {1}


def test_nobody_else_is_sent_a_signature(day: Signed) -> None:
    """The quote source and the heartbeat are not the platform's."""
    day.platform.quotes.always("POST", "/ping*", Answer(body="OK"))
    day.env |= {
        "ALPACA_API_KEY_ID": "key",
        "ALPACA_API_SECRET_KEY": "another",
        "PAPER_RUN_QUOTES_URL": day.platform.quotes.url,
        "PAPER_RUN_HEARTBEAT_URL": f"{day.platform.quotes.url}/ping",
    }
    day.must()
    sent = [each for each in day.platform.requests if each.service == "quotes"]
    assert {each.method for each in sent} == {"GET", "POST"}
    assert not any(name.startswith(("x-internal", "x-service")) for each in sent for name in each.headers)


def test_each_retry_is_signed_anew(day: Signed) -> None:
    """Two passing failures of the positions and of an order: no nonce comes twice."""
    busy = Answer(status=503, body={"detail": {"error": "service_unavailable", "message": "busy"}})
    day.platform.gateway.script("GET", POSITIONS, [busy, Answer(hang_up=True)])
    day.platform.gateway.script("GET", f"{ORDERS}/*", [Answer(reset=True), busy])
    day.must()
    assert day.refused == []
    asked = [each for each in day.asked("execution_gateway") if each == f"GET {POSITIONS}"]
    assert len(asked) >= 4
    assert {count for gate in day.gates.values() for count in gate.nonces.values()} == {1}


def test_without_a_secret_it_says_how_to_sign(day: Signed) -> None:
    """Exit 1 before anything is sent, naming the variables."""
    del day.env["INTERNAL_TOKEN_SECRET"]
    for name in ("signal", "orchestrator"):
        day.platform.services[name].gate = None
    said = day.must(status=1)
    assert f"answered 401: {NONE['error']}" in said.stderr
    assert "set INTERNAL_TOKEN_SECRET_ORCHESTRATOR or INTERNAL_TOKEN_SECRET to what" in said.stderr
    assert day.platform.posts == []


WRONG = {
    "secret": ({"INTERNAL_TOKEN_SECRET_ORCHESTRATOR": SECRET[::-1]}, INVALID, "The secret is likely another"),
    "name": (
        {"PAPER_RUN_SERVICE_ID": "execution_gateway"},
        DENIED,
        "set PAPER_RUN_SERVICE_ID to orchestrator",
    ),
}


@pytest.mark.parametrize("kind", [*WRONG, "clock"])
@pytest.mark.parametrize("where", ["health", "before", "after"])
def test_what_is_wrong_with_the_signature_is_told(day: Signed, kind: str, where: str) -> None:
    """In the health check, before the attempt and after it: secret, clock or name, as it answers."""
    if kind == "clock":
        for service in day.platform.services.values():
            service.now = lambda: datetime.now(UTC) + day.ahead - timedelta(hours=1)  # type: ignore[method-assign]
        for gate in day.gates.values():
            gate.now = day.platform.gateway.now
        expected, words = INVALID, "The clock is likely wrong: this machine's is 36"
    else:
        variables, expected, words = WRONG[kind]
        day.env |= variables
    if where == "health":
        kept: tuple[str, ...] = ("signal", "gateway", "orchestrator")
    else:
        kept = ("gateway",)
        day.gates["gateway"].checks_open_paths = False
    for name in day.gates.keys() - {*kept}:
        day.platform.services[name].gate = None
    if where == "after":
        gate, day.platform.gateway.gate = day.platform.gateway.gate, None

        def close_it() -> None:
            day.platform.gateway.gate = gate

        day.at_post(close_it)
    said = day.must(status=1)
    assert words in said.stderr
    assert f"{expected['error']}; {expected['message']}" in said.stderr
    assert day.platform.executed == (where == "after")
    assert set(day.refused) == {{"secret": "token"}.get(kind, kind)}


def test_doctor_proves_the_signature(day: Signed) -> None:
    """The same request is refused without one: proved. One that anybody may read proves nothing."""
    said = day.must("doctor")
    assert line(said, "Signature").endswith("takes orchestrator's, and refuses to be read without")
    assert day.refused == ["headers"]
    day.platform.gateway.gate = None
    assert "unproved: " in line(day.must("doctor"), "Signature")
    assert day.platform.posts == []


def test_doctor_says_what_is_wrong_with_it(day: Signed) -> None:
    """With the likeliest fix, exit 1."""
    for name in ("signal", "orchestrator"):
        day.platform.services[name].gate = None
    day.gates["gateway"].checks_open_paths = False
    for variables, detail, words in WRONG.values():
        said = line(day_with(day, variables), "Signature")
        assert detail["error"] in said
        assert words in said
    del day.env["INTERNAL_TOKEN_SECRET"]
    said = day.must("doctor", status=1)
    assert "set INTERNAL_TOKEN_SECRET" in line(said, "Positions")
    assert not any("Signature" in each for each in said.lines)


def day_with(day: Signed, variables: dict[str, str]) -> Finished:
    before = dict(day.env)
    day.env |= variables
    said = day.must("doctor", status=1)
    day.env = before
    return said


def test_an_operator_may_demand_a_signed_request(day: Signed) -> None:
    """Unsigned it is refused and nothing is placed; signed, with the hash of its body, it trades."""
    day.gates["orchestrator"].open_paths = ("/", "/health")
    said = day.must(status=2)
    assert "PAPER_RUN_SIGN_ORCHESTRATOR=1" in said.stderr
    assert (day.platform.executed, [row["state"] for row in day.rows()]) == (0, ["nothing"])
    day.env |= SIGN_RUN
    day.must()
    assert (day.platform.executed, day.refused, day.unsigned) == (1, ["headers"], [])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_a_signed_request_is_a_lost_answer(day: Signed, status: int) -> None:
    """A proxy may have sent it twice, and the second copy's nonce is used: it traded, and is found."""
    refusal = Answer(status=status, body={"detail": INVALID}, process="before")
    day.platform.orchestrator.script("POST", RUN, [refusal])
    day.env |= SIGN_RUN
    said = day.must()
    assert "The answer was lost (the orchestrator answered 40" in said.stdout + said.stderr
    assert (day.platform.executed, len(day.platform.posts)) == (1, 1)


def test_it_stays_unknown_where_the_list_can_t_be_read(day: Signed) -> None:
    """Exit 2; the session stays closed, and no later command sends it again."""
    refusal = Answer(status=401, body={"detail": INVALID}, process="before")
    day.platform.orchestrator.script("POST", RUN, [refusal])
    day.platform.orchestrator.always("GET", f"{RUNS}*", detail_object(500, "x", "y"))
    day.env |= SIGN_RUN
    for _ in range(2):
        day.must("--timeout", "1", status=2)
    assert day.saved()["status"] == "unknown"
    assert (day.platform.executed, len(day.platform.posts)) == (1, 1)


@pytest.mark.parametrize("is_signed", [False, True])
def test_a_kept_refusal_is_judged_by_how_it_was_asked(day: Signed, is_signed: bool) -> None:
    """The answer that a broken command kept: to a signed request it proves nothing, whatever is set since."""
    refusal = Answer(status=401, body={"detail": NONE})
    day.platform.orchestrator.script("POST", RUN, [refusal])
    day.env |= SIGN_RUN if is_signed else {}
    day.run(at="after replace ????????-*-*-*-*.json", nth=2, do="SIGKILL")
    day.env.pop("PAPER_RUN_SIGN_ORCHESTRATOR", None)
    day.run("resolve")
    states = [row["state"] for row in day.rows()]
    assert states == (["sent"] if is_signed else ["nothing"])


def test_a_short_secret_is_refused_before_anything_is_asked(day: Signed) -> None:
    """Exit 3, without it."""
    day.env["INTERNAL_TOKEN_SECRET"] = SECRET[:63]
    said = day.must(status=3)
    assert "INTERNAL_TOKEN_SECRET has 63 characters" in said.stderr
    assert day.platform.requests == []


@pytest.mark.parametrize("service", ["gateway", "orchestrator"])
def test_a_service_that_repeats_the_secret_is_not_quoted(day: Signed, service: str) -> None:
    """In no output and no file (the fixture looks), as it is or encoded."""
    said = f"your secret {SECRET} is wrong, {b64encode(SECRET.encode()).decode()}"
    day.platform.services[service].gate = None
    paths = {"gateway": ("GET", POSITIONS), "orchestrator": ("POST", RUN)}
    day.platform.services[service].script(*paths[service], [detail_object(500, said, said)])
    assert day.run("-v", "--timeout", "1").returncode in (1, 2)
    day.run("resolve", "-v")
