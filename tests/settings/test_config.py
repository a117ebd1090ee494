"""Configuration: where a value comes from, and what a person may type."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from builders.settings import HERE, configured
from hypothesis import given, settings
from hypothesis import strategies as st

from paper_run.errors import DataError
from paper_run.settings import sources


def refused(flags: dict[str, str | list[str]], environment: dict[str, str] | None = None) -> DataError:
    """Return the error that a wrong value ends in."""
    with pytest.raises(DataError) as caught:
        configured(flags, environment)
    return caught.value


# Defaults and precedence


def test_the_defaults_are_those_of_the_design() -> None:
    """Three symbols, 100000, 20000, the session, ./reports, 300 s, no waiting, localhost."""
    read = configured()
    assert read.symbols == ("AAPL", "MSFT", "GOOGL")
    assert (read.capital, read.max_position_size) == (Decimal(100000), Decimal(20000))
    assert read.as_of_date is None
    assert read.outputs == ()
    assert read.reports_dir == HERE / "reports"
    assert (read.timeout, read.wait) == (300, 0)
    assert [url.base for url in (read.signal_service, read.execution_gateway, read.orchestrator)] == [
        "http://localhost:8001",
        "http://localhost:8002",
        "http://localhost:8003",
    ]
    assert read.notices == ()


VARIABLES = [
    ("--symbols", "PAPER_RUN_SYMBOLS", "symbols", ["NVDA", "AMD", "INTC"]),
    ("--capital", "PAPER_RUN_CAPITAL", "capital", ["1", "2", "3"]),
    ("--max-position-size", "PAPER_RUN_MAX_POSITION_SIZE", "max_position_size", ["1", "2", "3"]),
    ("--as-of-date", "PAPER_RUN_AS_OF_DATE", "as_of_date", ["2025-01-03", "2025-01-02", "2024-12-31"]),
    ("--output", "PAPER_RUN_OUTPUT", "outputs", ["/a.json", "/b.json", "/c.json"]),
    ("--reports-dir", "PAPER_RUN_REPORTS_DIR", "reports_dir", ["/a", "/b", "/c"]),
    ("--exchange", "PAPER_RUN_EXCHANGE", "exchange", ["24/7", "XNYS", "24/7"]),
    ("--benchmark", "PAPER_RUN_BENCHMARK", "benchmark", ["QQQ", "brk.b", "none"]),
    ("--latest-start", "PAPER_RUN_LATEST_START", "latest_start", ["10:00", "11:30", "15:59"]),
    ("--email-to", "PAPER_RUN_EMAIL_TO", "mail", ["ann@example.com", "bob@example.com", "eve@example.com"]),
    ("--auth", "PAPER_RUN_SANDBOX_AUTH", "sandbox_demands_signatures", ["hmac", "none", "hmac"]),
    ("--timeout", "PAPER_RUN_TIMEOUT", "timeout", ["1", "2", "3"]),
    ("--wait", "PAPER_RUN_WAIT", "wait", ["1", "2", "3"]),
    ("--signal-service-url", "SIGNAL_SERVICE_URL", "signal_service", ["http://a", "http://b", "http://c"]),
    (
        "--execution-gateway-url",
        "EXECUTION_GATEWAY_URL",
        "execution_gateway",
        ["http://a", "http://b", "http://c"],
    ),
    ("--orchestrator-url", "ORCHESTRATOR_URL", "orchestrator", ["http://a", "http://b", "http://c"]),
    (
        "--ledger-url",
        "PAPER_RUN_LEDGER_URL",
        "database",
        ["postgresql://a/x", "postgres://b:1/x", "postgresql://c,d/x"],
    ),
]


def test_every_setting_is_in_the_table_above() -> None:
    """Each option with a value has its variable proved below."""
    assert {(flag, variable) for flag, variable, *_ in VARIABLES} == {
        (setting.flag, setting.variable) for setting in sources.SETTINGS.values()
    }


@pytest.mark.parametrize(
    ("flag", "variable", "field", "values"), VARIABLES, ids=lambda value: str(value)[:24]
)
def test_a_flag_beats_the_environment_beats_the_file(
    flag: str, variable: str, field: str, values: list[str], tmp_path: Path
) -> None:
    """Flag, environment, .env file, default: the first that sets a value counts."""
    typed, exported, written = values
    (tmp_path / ".env").write_text(f"{variable}={written}\n")
    named = {"PAPER_RUN_PLATFORM": "paper-1"}  # a database goes with it
    alone = [getattr(configured({flag: value}, named), field) for value in values]
    assert alone[0] != alone[1] != alone[2]
    assert getattr(configured({flag: typed}, {variable: exported, **named}, here=tmp_path), field) == alone[0]
    assert getattr(configured({}, {variable: exported, **named}, here=tmp_path), field) == alone[1]
    assert getattr(configured({}, named, here=tmp_path), field) == alone[2]


def test_a_named_env_file_takes_the_place_of_the_one_here(tmp_path: Path) -> None:
    """With --env-file only that file is read; relative to here."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPITAL=1\nPAPER_RUN_MAX_POSITION_SIZE=1\n")
    (tmp_path / "other").write_text("PAPER_RUN_CAPITAL=2\n")
    read = configured(env_file="other", here=tmp_path)
    assert (read.capital, read.max_position_size) == (2, 20000)


def test_a_file_is_read_as_dotenv_writes_it(tmp_path: Path) -> None:
    """Comments, `export`, quotes, a byte order mark and Windows line ends; `$` means itself."""
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbfexport PAPER_RUN_SYMBOLS='BRK.B, btc/usd'\r\n# the day\r\n"
        b'PAPER_RUN_CAPITAL="250.50" # dollars\r\nPAPER_RUN_REPORTS_DIR=/srv/${HOME}/$x\r\nPAPER_RUN_WAIT\r\n'
    )
    read = configured(here=tmp_path)
    assert read.symbols == ("BRK.B", "BTC/USD")
    assert read.capital == Decimal("250.50")
    assert read.reports_dir == Path("/srv/${HOME}/$x")
    assert read.wait == 0


@pytest.mark.parametrize("name", ["absent", "folder", "latin", "garbage"])
def test_an_env_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str) -> None:
    """A missing file, a folder, no UTF-8 and no NAME=value each end in exit 3, naming the file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"PAPER_RUN_SYMBOLS=\xff\xfe\n")
    (tmp_path / "garbage").write_text("PAPER_RUN_CAPITAL=1\nthis is = = no 'setting\n")
    with pytest.raises(DataError) as caught:
        configured(env_file=name, here=tmp_path)
    assert caught.value.exit_status == 3
    assert str(tmp_path / name) in caught.value.title
    if name == "garbage":
        assert "line 2" in caught.value.title


def test_no_env_file_here_is_no_error(tmp_path: Path) -> None:
    """The .env file is optional unless it was named."""
    assert configured(here=tmp_path).capital == 100000


# Symbols


@pytest.mark.parametrize(
    "typed",
    [
        ["AAPL", "MSFT", "GOOGL"],
        ["AAPL,MSFT,GOOGL"],
        ["AAPL MSFT", "GOOGL"],
        ["aapl", "Msft,googl", "AAPL"],
        [" AAPL , MSFT ,, GOOGL, "],
    ],
)
def test_symbols_mean_the_same_in_every_form(typed: list[str]) -> None:
    """Repeated, with commas or spaces, in any case: upper-cased, de-duplicated, in order."""
    assert configured({"--symbols": typed}).symbols == ("AAPL", "MSFT", "GOOGL")


@pytest.mark.parametrize("symbol", ["A", "BRK.B", "BF-B", "BTC/USD", "600519", "A" * 32])
def test_an_unusual_symbol_is_allowed(symbol: str) -> None:
    """Letters, digits, `.`, `-` and `/` make a symbol."""
    assert configured({"--symbols": symbol}).symbols == (symbol,)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            " ",
            ",",
            ",,\t",
            "AAPL$",
            "A B;C",
            "<b>",
            "ÄÖ",
            "ſ",
            "١",
            "A_B",
            ".",
            "-A",
            "A..B",
            "A/",
            "'A'",
        ),
        *("A" * 33, "A\0B", "A\x1b[31m"),
    ],
)
def test_an_odd_symbol_is_refused(typed: str) -> None:
    """Empty names and other characters end in one message with the allowed form."""
    error = refused({"--symbols": typed})
    assert error.title.startswith("--symbols: ")
    assert "AAPL, BRK.B or BTC/USD" in error.explanation
    assert str(error).isprintable()


def test_an_empty_variable_names_no_symbol() -> None:
    """A variable that is set and empty is a wrong value, and the message names the variable."""
    assert refused({}, {"PAPER_RUN_SYMBOLS": ""}).title.startswith("PAPER_RUN_SYMBOLS: ")


# Amounts


@pytest.mark.parametrize(("typed", "read"), [("spy", "SPY"), ("BRK.B", "BRK.B"), ("none", ""), ("None", "")])
def test_a_benchmark_is_a_share_or_none(typed: str, read: str) -> None:
    """In capitals; nothing said is the usual one, which is decided with the quotes."""
    assert configured({"--benchmark": typed}).benchmark == read
    assert configured().benchmark is None


@pytest.mark.parametrize("typed", ["BTC/USD", "S P", "", "^GSPC", "X" * 33])
def test_what_can_be_no_benchmark_is_refused(typed: str) -> None:
    """A pair, two words, nothing, an index of another source."""
    with pytest.raises(DataError, match="the symbol of a US share, such as SPY, or none"):
        configured({"--benchmark": typed})


@pytest.mark.parametrize("flag", ["--capital", "--max-position-size"])
@pytest.mark.parametrize("typed", ["0.01", "1", "99.5", "100000.00", "007", "999999999999.99"])
def test_an_amount_is_kept_digit_for_digit(flag: str, typed: str) -> None:
    """Digits with at most two decimals, above 0 and below 10^12, keep their decimals."""
    read = configured({flag: typed})
    value = read.capital if flag == "--capital" else read.max_position_size
    assert value.as_tuple() == Decimal(typed).as_tuple()


@pytest.mark.parametrize("flag", ["--capital", "--max-position-size"])
@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "0",
            "0.00",
            "-1",
            "+1",
            "1e5",
            "1E+5",
            "1,000",
            "1_000",
            "$1",
            "1.",
            ".5",
            "1.234",
            " 1",
            "1 ",
        ),
        *("1\n", "NaN", "inf", "0x10", "٣", "1000000000000", "9" * 5000, "one"),
    ],
    ids=lambda value: repr(value[:16]) if value.startswith(("9", "1")) else None,
)
def test_a_wrong_amount_is_refused(flag: str, typed: str) -> None:
    """Signs, exponents, separators, a third decimal, 0 and 10^12 end in one message with the allowed form."""
    error = refused({flag: typed})
    assert error.title.startswith(f"{flag}: ")
    assert "digits without commas, at most two decimals" in error.explanation
    assert error.exit_status == 3
    assert "nothing was sent" in str(error.remedies[0])


@settings(max_examples=50)
@given(st.text(max_size=12) | st.from_regex(r"[0-9+\-.,eE_ ]{1,16}", fullmatch=True))
def test_an_amount_is_of_the_designs_form_or_an_error(typed: str) -> None:
    """Whatever is typed, the amount is in range with at most two decimals, or it is refused."""
    try:
        value = configured({"--capital": typed} if typed else {}).capital
    except DataError:
        return
    exponent = value.as_tuple().exponent
    assert 0 < value < 10**12
    assert isinstance(exponent, int)
    assert exponent >= -2


# Dates


@pytest.mark.parametrize("typed", ["2025-01-17", "2024-02-29", "1999-12-31"])
def test_a_date_up_to_today_is_allowed(typed: str) -> None:
    """The exchange's date and any earlier one."""
    assert configured({"--as-of-date": typed}).as_of_date == date.fromisoformat(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("2025-01-18", "2999-01-01", "2025-02-29", "2025-13-01", "2025-00-10", "0000-01-01", "", " "),
        *(
            "17/01/2025",
            "2025-1-7",
            "20250117",
            "2025-W03-5",
            "2025-01-17T00:00",
            "2025-01-17\n",
            "today",
            "٢٠٢٥-٠١-٠١",
        ),
    ],
)
def test_a_future_impossible_or_other_date_is_refused(typed: str) -> None:
    """A date after today, one that does not exist, or one not written YYYY-MM-DD ends in one message."""
    error = refused({"--as-of-date": typed})
    assert error.title.startswith("--as-of-date: ")
    assert "YYYY-MM-DD" in error.explanation


# URLs


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://localhost:8001/", "http://localhost:8001"),
        ("https://trading.example.com/t3/", "https://trading.example.com/t3"),
        ("http://10.0.0.7/a/b//", "http://10.0.0.7/a/b"),
        ("HTTP://Host:80", "http://host:80"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
    ],
)
def test_a_url_may_carry_a_path_and_a_trailing_slash(typed: str, base: str) -> None:
    """A path is kept, a trailing slash is not."""
    read = configured({"--orchestrator-url": typed}).orchestrator
    assert (read.base, read.credentials) == (base, None)


def test_credentials_in_a_url_travel_beside_it() -> None:
    """User and password are decoded, and are neither in the URL nor in anything that is printed of it."""
    read = configured({"--orchestrator-url": "https://jo%40desk:s3cr%2Ft@host:1/x"}).orchestrator
    assert read.base == "https://host:1/x"
    assert read.credentials == ("jo@desk", "s3cr/t")
    assert "s3cr" not in str(read) + repr(read)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "localhost:8001",
            "ftp://host",
            "file:///etc/passwd",
            "http://",
            "http:///x",
            "http://:80",
            "//host",
        ),
        *(
            "http://host:0",
            "http://host:70000",
            "http://host:x",
            "http://ho st",
            "http://[::1",
            "http://höst",
        ),
        *("http://host?x=1", "http://host#x", "http://host?", "http://host/\n", "http://host\\x"),
    ],
)
def test_a_wrong_url_is_refused(typed: str) -> None:
    """Another scheme, no host, an impossible port, a query, a blank: one message with the allowed form."""
    error = refused({"--signal-service-url": typed})
    assert error.title.startswith("--signal-service-url: ")
    assert "http://HOST" in error.explanation


@pytest.mark.parametrize(
    "typed",
    [
        "ftp://jo:s3cret@host",
        "http://jo:s3cret@host:x",
        "jo:s3cret@host",
        "http://jo:s3/cr?et@host#",
        "http://host/?token=s3cret",
        "http://host#s3cret",
        "http://jo:s3cret",
        "http://jo:s3cret/x",
    ],
)
def test_a_wrong_url_does_not_give_its_password_away(typed: str) -> None:
    """The message shows `<hidden>` in the place of user and password."""
    error = refused({"--orchestrator-url": typed})
    shown = str(error) + " ".join(map(str, error.remedies))
    assert "s3cr" not in shown
    assert "cr?et" not in shown
    assert "<hidden>" in shown


# Seconds


@pytest.mark.parametrize(
    ("typed", "seconds"), [("0.1", "0.1"), ("90", "90"), ("2.5", "2.5"), ("86400", "86400")]
)
def test_seconds_are_plain_numbers(typed: str, seconds: str) -> None:
    """Digits with an optional fraction, up to a day."""
    assert configured({"--timeout": typed}).timeout == Decimal(seconds)


@pytest.mark.parametrize("flag", ["--timeout", "--wait"])
@pytest.mark.parametrize("typed", ["-1", "", "abc", "1e3", "NaN", "inf", "1 ", "86401", "9" * 5000, "+1"])
def test_wrong_seconds_are_refused(flag: str, typed: str) -> None:
    """Negative, empty, endless or other text ends in one message."""
    error = refused({flag: typed})
    assert error.title.startswith(f"{flag}: ")
    assert "seconds as a plain number" in error.explanation


def test_no_timeout_is_refused_and_no_wait_allowed() -> None:
    """Waiting 0 s for the orchestration makes no sense; not waiting for the services does."""
    assert configured({"--wait": "0"}).wait == 0
    refused({"--timeout": "0"})


# Paths


def test_a_relative_reports_folder_lies_beside_the_env_file(tmp_path: Path) -> None:
    """Relative to the folder of the .env file where one is used, else to here; absolute stays."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "day.env").write_text("PAPER_RUN_REPORTS_DIR=out\n")
    assert configured({"--reports-dir": "r/../s"}).reports_dir == HERE / "s"
    assert configured(env_file="conf/day.env", here=tmp_path).reports_dir == tmp_path / "conf" / "out"
    assert configured({"--reports-dir": "typed"}, env_file="conf/day.env", here=tmp_path).reports_dir == (
        tmp_path / "conf" / "typed"
    )
    assert configured({"--reports-dir": "/abs"}, env_file="conf/day.env", here=tmp_path).reports_dir == Path(
        "/abs"
    )


def test_a_home_folder_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the user's home, since no shell expands it in a file."""
    monkeypatch.setenv("HOME", "/home/jo")
    assert configured({}, {"PAPER_RUN_REPORTS_DIR": "~/reports"}).reports_dir == Path("/home/jo/reports")


@pytest.mark.parametrize("typed", ["", "  ", "a\0b"])
def test_a_reports_folder_needs_a_name(typed: str) -> None:
    """An empty or impossible name is refused."""
    assert refused({}, {"PAPER_RUN_REPORTS_DIR": typed}).title.startswith("PAPER_RUN_REPORTS_DIR: ")


def test_outputs_go_by_their_suffix(tmp_path: Path) -> None:
    """Several, each once, relative to where the command was typed; `-` is standard output."""
    read = configured({"--output": ["a.json", "sub/b.HTML", "/c.csv", "-", "./a.json"]}, here=tmp_path)
    assert [os.fspath(path) for path in read.outputs] == [
        f"{tmp_path}/a.json",
        f"{tmp_path}/sub/b.HTML",
        "/c.csv",
        "-",
    ]
    assert read.to_stdout
    assert [path.name for path in read.files] == ["a.json", "b.HTML", "c.csv"]


def test_a_variable_names_outputs_with_commas() -> None:
    """PAPER_RUN_OUTPUT holds several paths, separated by commas; a path of a flag may contain one."""
    read = configured({}, {"PAPER_RUN_OUTPUT": "/a.json, /b.csv,"})
    assert read.outputs == (Path("/a.json"), Path("/b.csv"))
    assert not read.to_stdout
    assert configured({"--output": "/a,b.json"}).outputs == (Path("/a,b.json"),)


@pytest.mark.parametrize("typed", ["", "result", "result.txt", "folder/", ".json", "a\0.json"])
def test_an_output_of_another_kind_is_refused(typed: str) -> None:
    """Only .json, .html and .csv can be written."""
    assert ".json, .html, .csv" in refused({"--output": typed}).explanation


# Messages


def test_a_misspelt_variable_is_noticed(tmp_path: Path) -> None:
    """A PAPER_RUN_ variable that resembles a known one is pointed out, others are not."""
    (tmp_path / ".env").write_text("PAPER_RUN_CAPITALS=1\n")
    read = configured(
        {}, {"PAPER_RUN_SYMBOL": "A", "PAPER_RUN_SOMETHING_ELSE": "1", "HOME": "/"}, here=tmp_path
    )
    assert [notice.text.split()[0] for notice in read.notices] == ["PAPER_RUN_CAPITALS", "PAPER_RUN_SYMBOL"]
    assert "PAPER_RUN_SYMBOLS" in read.notices[1].text
    assert configured({}, {"PAPER_RUN_SOMETHING_ELSE": "1"}).notices == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ORCHESTRATR_URL", "ORCHESTRATOR_URL"),
        ("SIGNAL_SERVICES_URL", "SIGNAL_SERVICE_URL"),
        ("ALPACA_SECRET_KEY", "ALPACA_API_SECRET_KEY"),
        ("PAPERRUN_CAPITAL", "PAPER_RUN_CAPITAL"),
        ("paper_run_capital", "PAPER_RUN_CAPITAL"),
        ("SIGNAL_SERVICE_PORT", ""),
        ("INTERNAL_TOKEN_SECRET_SIGNAL_SERVICE", ""),
        ("SMTP_PASSWORD", ""),
    ],
)
def test_a_misspelt_name_of_the_settings_file_is_noticed(tmp_path: Path, typed: str, meant: str) -> None:
    """Whatever it begins with: a day goes to the default URL otherwise. Another program's name is none."""
    (tmp_path / ".env").write_text(f"{typed}=1\n")
    said = [notice.text for notice in configured({}, {}, here=tmp_path).notices]
    assert said == ([f"{typed} is set but means nothing here: was {meant} meant?"] if meant else [])


def test_what_the_environment_has_of_other_programs_is_not_noticed(tmp_path: Path) -> None:
    """Nor a name of the file beside which the one that is read is set."""
    assert configured({}, {"ORCHESTRATR_URL": "1"}).notices == ()
    (tmp_path / ".env").write_text("ORCHESTRATR_URL=1\nORCHESTRATOR_URL=http://localhost:1\n")
    assert configured({}, {}, here=tmp_path).notices == ()


def test_a_long_wrong_value_is_shown_short() -> None:
    """The message stays readable whatever was typed."""
    assert len(refused({"--capital": "x" * 100_000}).title) < 200


def test_of_a_repeated_flag_the_last_counts() -> None:
    """Where an option takes one value, the last one is used."""
    assert configured({"--capital": ["1", "2"]}).capital == 2
