"""Completion of `paper-run`: real shells are typed at, and whatever is asked, nothing is run."""

import sys
from pathlib import Path

import pytest
from support import command_line
from support.shells import Place, Typist, installed

ALL = "\x1b*"
"""Readline's key that puts in everything a TAB would list."""
VISIBLE = set(command_line.commands())
LINES = (
    "paper-run --symbols AAPL MSFT --capital 5 --as-of-date previous --output a.json --sandbox --again -q",
    "paper-run resolve 2025-01-17 --placed --order a1 --order a2 --reports-dir x --env-file y",
    "paper-run resolve --split AAPL 4:1 --execution-gateway-url http://localhost:1 -v",
    "paper-run email latest --mark --email-to a@b.c --to-stdout",
    "paper-run nonsense --nonsense --symbols --capital=5 a",
)
SOURCES = {
    "command": 'eval "$(paper-run completion {shell})"',
    "variable": 'eval "$(_PAPER_RUN_COMPLETE={shell}_source paper-run)"',
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def bash(place: Place, source: str) -> Typist:
    return Typist(
        place,
        [installed("bash"), "--norc", "--noprofile", "-i"],
        ["bind 'set completion-query-items 0'", SOURCES[source].format(shell="bash")],
    )


@pytest.mark.parametrize("source", SOURCES)
def test_bash_completes_commands_options_and_values(place: Place, source: str) -> None:
    """With the documented line, and with click's usual one, which once started an attempt."""
    with bash(place, source) as typist:
        assert typist.words("paper-run hist") == ["paper-run", "history"]
        assert typist.words("paper-run --max") == ["paper-run", "--max-position-size"]
        assert typist.words("paper-run schedule sys") == ["paper-run", "schedule", "systemd"]
        assert set(typist.words("paper-run ", ALL)) == {"paper-run", *VISIBLE}
        assert {"--symbols", "--version", "--env-file"} < set(typist.words("paper-run --", ALL))
        assert typist.words("paper-run resolve 2025-01-17 --not-p") == [
            *("paper-run", "resolve", "2025-01-17", "--not-placed")
        ]
        assert place.traces == []
        (place.folder / "papers").mkdir()
        assert typist.words("paper-run mark --reports-dir pap") == [
            *("paper-run", "mark", "--reports-dir", "papers/")
        ]


def test_a_tab_at_every_position_does_nothing(place: Place) -> None:
    """After each word, and within it or at its end, right or wrong: no folder, file, socket or process."""
    with bash(place, "variable") as typist:
        for line in LINES:
            words = line.split(" ")
            for position, word in enumerate(words[1:], 1):
                for typed in {"", word[:2] if position % 2 else word}:
                    typist.words(" ".join([*words[:position], typed]))
    assert place.traces == []


def test_zsh_completes(place: Place) -> None:
    """Its own way of asking, answered by the same names; nothing is done."""
    start = ["bindkey -e; unsetopt auto_list auto_menu beep", "autoload -Uz compinit; compinit -D -u"]
    start.append(SOURCES["variable"].format(shell="zsh"))
    with Typist(place, [installed("zsh"), "-f", "-i"], start) as typist:
        assert typist.words("paper-run hist") == ["paper-run", "history"]
        assert typist.words("paper-run --max") == ["paper-run", "--max-position-size"]
        assert typist.words("paper-run schedule sys") == ["paper-run", "schedule", "systemd"]
        for typed in ("paper-run ", "paper-run --symbols ", "paper-run --capital 5 --"):
            typist.words(typed)
    assert place.traces == []


def test_fish_completes(place: Place) -> None:
    """Its own way of asking, answered by the same names; nothing is done."""
    asked = ("paper-run ", "paper-run hist", "paper-run --max", "paper-run --symbols AAPL ", "paper-run x ")
    script = "\n".join(
        ["_PAPER_RUN_COMPLETE=fish_source paper-run | source"]
        + [f"complete -C '{line}' | string replace -r '\\t.*' ''; echo ." for line in asked]
    )
    said = place.run(installed("fish"), "--no-config", "--private", "-c", script)
    assert said.stderr == ""
    first, history, option, *_ = said.stdout.split(".\n")
    assert set(first.split()) == VISIBLE
    assert history.split() == ["history"]
    assert option.split() == ["--max-position-size"]
    assert place.traces == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_both_ways_give_the_same_script(place: Place, shell: str) -> None:
    """It names `paper-run` and one variable, whatever the program was started as."""
    printed = place.run("paper-run", "completion", shell)
    asked = place.run("paper-run", env={"_PAPER_RUN_COMPLETE": f"{shell}_source"})
    assert (printed.returncode, asked.returncode, printed.stderr, asked.stderr) == (0, 0, "", "")
    assert printed.stdout == asked.stdout
    assert f"_PAPER_RUN_COMPLETE={shell}_complete" in printed.stdout
    assert "python" not in printed.stdout
    assert place.traces == []


@pytest.mark.parametrize(
    "variables",
    [
        {"_PAPER_RUN_COMPLETE": "bash_complete"},  # without the line that is completed
        {"_PAPER_RUN_COMPLETE": "bash_complete", "COMP_WORDS": "paper-run ", "COMP_CWORD": "one"},
        {"_PAPER_RUN_COMPLETE": "tcsh_source"},
        {"_PAPER_RUN_COMPLETE": "source_bash"},
        {"_PAPER_RUN_COMPLETE": "1"},
        {"_PAPER_RUN_COMPLETE": ""},
        {"_PYTHON_M_PAPER_RUN_COMPLETE": "bash_source"},
        {"PAPER_RUN_COMPLETE": "bash_source"},
        {"_PAPER_RUN_COMPLETE": "bash_source", "_PAPER_RUN_PY_COMPLETE": "x"},
    ],
    ids=str,
)
def test_while_a_completion_is_asked_for_no_day_is_run(place: Place, variables: dict[str, str]) -> None:
    """Whatever the variable says and whatever stands on the line: exit 3, and nothing is made."""
    said = place.run("paper-run", "--sandbox", env=variables)
    assert said.returncode == 3
    assert said.stdout == ""
    assert "_COMPLETE is set" in said.stderr
    assert place.traces == []
    said = place.run("paper-run", "mark", env=variables)
    assert said.returncode == 3
    assert place.traces == []


def test_under_the_name_of_a_link_no_day_is_run_either(place: Place) -> None:
    """click's usual line for a link to the program: nothing is made."""
    program = place.folder.parent / "bin" / "pr"
    program.write_text(f"#!{sys.executable}\nfrom paper_run.__main__ import entry_point; entry_point()\n")
    program.chmod(0o755)
    said = place.run("pr", "--sandbox", env={"_PR_COMPLETE": "bash_source"})
    assert (said.returncode, said.stdout, place.traces) == (3, "", [])


def test_other_programs_variables_mean_nothing(place: Place) -> None:
    """A variable of another program's completion stops no run."""
    said = place.run("paper-run", "--sandbox", env={"_FLASK_COMPLETE": "bash_source", "COMP_WORDS": "a"})
    assert said.returncode == 0
    assert place.traces != []  # and the spy sees what a run does
