"""The CronJobs of Kubernetes: by the published schemas, from the settings in force, without a secret."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from schedule.planned import ODD, planned
from support.command import run_command
from support.odd_platform import OddPlatform
from support.programs import kubernetes_schemas, yaml_reader

from paper_run.errors import DataError
from paper_run.schedule.kubernetes import Duties, manifest

VERSIONS = ("1.31", "1.34", "1.37")
HOSTILE = "a b: 'c' \"d\" #e\n- {f: g}\n---\n$(HOME) $$x `y` \\ é 🦆\t"
USUAL = {"PAPER_RUN_LATEST_START": ""}
SECRETS = {
    "PAPER_RUN_LEDGER_URL": "postgresql://jo:s3cr3t-ledger@db/paper",
    "ALPACA_API_KEY_ID": "PKS3CR3T",
    "ALPACA_API_SECRET_KEY": "s3cr3t-alpaca",
    "PAPER_RUN_HEARTBEAT_URL": "https://hc.example/s3cr3t-beat",
    "INTERNAL_TOKEN_SECRET": "s3cr3t" * 12,
    "SIGNAL_SERVICE_URL": "http://jo:s3cr3t-login@signals:8001",
}


def _duties(base: Path, **changes: Any) -> Duties:
    own = {name: changes.pop(name) for name in list(changes) if name in Duties._fields}
    return Duties(**{"schedule": planned(base, **changes), "image": "paper-run:1", "opens": 24_300} | own)


def _printed(*words: str, cwd: Path, env: dict[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """Return what the command prints, and its CronJobs by name."""
    done = run_command("schedule", "kubernetes", *words, cwd=cwd, env=USUAL | (env or {}))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, _read(done.stdout)


def _read(text: str) -> dict[str, Any]:
    documents = list(yaml_reader().safe_load_all(text))
    assert {each["kind"] for each in documents} == {"CronJob"}
    return {each["metadata"]["name"]: each for each in documents}


def _job(cron_job: dict[str, Any]) -> dict[str, Any]:
    return cron_job["spec"]["jobTemplate"]["spec"]


def _pod(cron_job: dict[str, Any]) -> dict[str, Any]:
    return _job(cron_job)["template"]["spec"]


def _environment(cron_job: dict[str, Any]) -> dict[str, Any]:
    """Return the variables of a pod: a value as the cluster hands it over, or what it refers to."""
    (container,) = _pod(cron_job)["containers"]
    names = [each["name"] for each in container["env"]]
    assert len(names) == len(set(names))
    return {
        each["name"]: re.sub(r"\$\$", "$", each["value"]) if "value" in each else each["valueFrom"]
        for each in container["env"]
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_the_published_schemas_have_no_complaint(version: str, tmp_path: Path) -> None:
    """Of run, mark and second, with secrets, files and hostile values: nothing that is not known there."""
    schemas = kubernetes_schemas()
    duties = _duties(
        tmp_path,
        values=(("PAPER_RUN_SYMBOLS", HOSTILE),),
        secrets=("ALPACA_API_SECRET_KEY",),
        files=(("PAPER_RUN_SMTP_CA_FILE", tmp_path / ODD),),
        has_second=True,
    )
    found = _read(manifest(duties))
    assert list(found) == ["paper-run", "paper-run-mark", "paper-run-second"]
    for each in found.values():
        assert schemas.validate(each, version, strict=True) == version
        broken = json.loads(json.dumps(each))
        _job(broken)["backofLimit"] = _job(broken).pop("backoffLimit")
        with pytest.raises(schemas.ValidationError):
            schemas.validate(broken, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_claims_that_are_to_be_made_are_claims(version: str, tmp_path: Path) -> None:
    """The command in the comments makes each claim that a pod mounts: a second duty has one of its own."""
    text = manifest(_duties(tmp_path, has_second=True))
    claims = [
        json.loads(each) for each in re.findall(r"^#   echo '(.*)' \| kubectl create -f -$", text, re.M)
    ]
    for each in claims:
        kubernetes_schemas().validate(each, version, strict=True)
    named = {volume["persistentVolumeClaim"]["claimName"] for each in _read(text).values()
             for volume in _pod(each)["volumes"] if "persistentVolumeClaim" in volume}  # fmt: skip
    assert [each["metadata"]["name"] for each in claims] == sorted(named) == ["paper-run", "paper-run-second"]


def test_a_day_is_started_once_and_tried_again_only_where_nothing_was_sent(tmp_path: Path) -> None:
    """New York's time, no two at once, one pod a Job, at most two more; never after exit status 2 or 3."""
    _, found = _printed(cwd=tmp_path)
    assert list(found) == ["paper-run", "paper-run-mark"]
    for name, schedule, opens in (
        ("paper-run", "0 9 * * 1-5", 24_300),
        ("paper-run-mark", "10 16 * * 1-5", 28_200),
    ):
        spec, job = found[name]["spec"], _job(found[name])
        assert (spec["schedule"], spec["timeZone"]) == (schedule, "America/New_York")
        assert (spec["concurrencyPolicy"], spec["startingDeadlineSeconds"]) == ("Forbid", opens)
        assert (job["parallelism"], job["completions"], job["backoffLimit"]) == (1, 1, 2)
        (rule,) = job["podFailurePolicy"]["rules"]
        assert (rule["action"], rule["onExitCodes"]["operator"]) == ("FailJob", "In")
        assert rule["onExitCodes"]["values"] == [2, 3]
        assert rule["onExitCodes"]["containerName"] == _pod(found[name])["containers"][0]["name"]
        assert job["ttlSecondsAfterFinished"] == 604_800
        assert _pod(found[name])["restartPolicy"] == "Never"
        kept = job["template"]["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"]
        assert kept == "false"


@pytest.mark.parametrize(
    ("settings", "stop", "whole", "second", "opens"),
    [
        ({}, 360, 1200, "7 9 * * 1-5", 23_880),
        ({"PAPER_RUN_TIMEOUT": "1000.5", "PAPER_RUN_WAIT": "30.1"}, 1061, 2633, "19 9 * * 1-5", 23_160),
        ({"PAPER_RUN_TIMEOUT": "3600", "PAPER_RUN_LATEST_START": "12:00"}, 3660, 7800, "2 10 * * 1-5", 7080),
        ({"PAPER_RUN_EXCHANGE": "24/7"}, 360, 1200, "12 0 * * *", 84_780),
    ],
)
def test_the_numbers_are_those_of_the_settings(
    settings: dict[str, str], stop: int, whole: int, second: str, opens: int, tmp_path: Path
) -> None:
    """SIGTERM waits for the POST's answer; a day has time for another host's; a second duty is later."""
    _, found = _printed("--second", cwd=tmp_path, env=settings)
    for each in found.values():
        assert _pod(each)["terminationGracePeriodSeconds"] == stop
        assert _job(each)["activeDeadlineSeconds"] == whole
    late = found["paper-run-second"]
    assert (late["spec"]["schedule"], late["spec"]["startingDeadlineSeconds"]) == (second, opens)
    assert _pod(late)["containers"][0]["args"] == _pod(found["paper-run"])["containers"][0]["args"]
    zone = "UTC" if "PAPER_RUN_EXCHANGE" in settings else "America/New_York"
    assert {each["spec"]["timeZone"] for each in found.values()} == {zone}


@pytest.mark.parametrize(
    ("settings", "words", "said"),
    [
        ({"PAPER_RUN_LATEST_START": "08:30"}, [], "At 09:00 New York time it is too late to start the day"),
        ({"PAPER_RUN_LATEST_START": "09:05"}, ["--second"], "At 09:07 New York time it is too late"),
        ({"PAPER_RUN_TIMEOUT": "86400"}, ["--second"], "too late to start the day once more"),
        ({"PAPER_RUN_CAPITAL": "lots"}, [], "PAPER_RUN_CAPITAL"),
    ],
)
def test_a_day_that_could_never_start_is_not_scheduled(
    settings: dict[str, str], words: list[str], said: str, tmp_path: Path
) -> None:
    """Exit status 3, and no text."""
    done = run_command("schedule", "kubernetes", *words, cwd=tmp_path, env=USUAL | settings)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr


def test_a_pod_is_what_the_restricted_standard_admits(tmp_path: Path) -> None:
    """Nobody's user, no privilege, a root file system to read alone; it may write to reports and /tmp."""
    _, found = _printed("--second", cwd=tmp_path)
    for each in found.values():
        pod = _pod(each)
        (container,) = pod["containers"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"]["runAsUser"] >= 10_000
        assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
        volumes = {volume["name"]: set(volume) - {"name"} for volume in pod["volumes"]}
        assert volumes == {"reports": {"persistentVolumeClaim"}, "tmp": {"emptyDir"}}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts == {"reports": "/reports", "tmp": "/tmp"}
        assert _environment(each)["PAPER_RUN_REPORTS_DIR"] == "/reports"


def test_a_secret_is_a_reference_and_its_value_stands_nowhere(tmp_path: Path) -> None:
    """Each that is set here, a URL with a login in it too, and the ledger's URL whether it is set or not."""
    text, found = _printed(cwd=tmp_path, env=SECRETS | {"PAPER_RUN_PLATFORM": "paper-1"})
    assert "s3cr3t" not in text.lower()
    for each in found.values():
        environment = _environment(each)
        for name in SECRETS:
            assert environment[name] == {"secretKeyRef": {"name": "paper-run", "key": name}}
    (command,) = [line for line in text.splitlines() if "create secret" in line]
    assert {word.partition("=")[2] for word in shlex.split(command, comments=False) if "=" in word} == set(
        SECRETS
    )
    assert "PAPER_RUN_LEDGER_URL" in _environment(_printed(cwd=tmp_path)[1]["paper-run"])


def test_the_file_of_a_setting_is_mounted_from_the_secret(tmp_path: Path) -> None:
    """It lies on this machine; in a pod it is a key of the secret, made from the file here."""
    folder = tmp_path / ODD
    folder.mkdir()
    (folder / "a token").write_text("s3cr3t" * 12)
    (folder / ".env").write_text("PAPER_RUN_SERVICE_SECRET_FILE='a token'\n")
    text, found = _printed(cwd=folder)
    assert "s3cr3t" not in text
    name = "PAPER_RUN_SERVICE_SECRET_FILE"
    for each in found.values():
        assert _environment(each)[name] == f"/etc/paper-run/{name}"
        (volume,) = [volume for volume in _pod(each)["volumes"] if volume["name"] == "secrets"]
        assert volume["secret"] == {
            "secretName": "paper-run",
            "defaultMode": 0o440,
            "items": [{"key": name, "path": name}],
        }
        mounts = _pod(each)["containers"][0]["volumeMounts"]
        assert {"name": "secrets", "mountPath": "/etc/paper-run", "readOnly": True} in mounts
    (command,) = [line for line in text.splitlines() if "create secret" in line]
    assert f"--from-file={name}={folder}/a token" in shlex.split(command, comments=False)


def test_settings_arrive_as_they_are_typed_here(tmp_path: Path) -> None:
    """Through every quote, line break and dollar; comments stay comments."""
    env = {
        "PAPER_RUN_SYMBOLS": "AAPL,\n MSFT\t",
        "PAPER_RUN_EMAIL_FROM": "jo@example.org",
        "PAPER_RUN_CAPITAL": "5000",
        "PAPER_RUN_OUTPUT": "day.json",
        "PAPER_RUN_REPORTS_DIR": "elsewhere",
        "ORCHESTRATOR_URL": "http://orchestrator:8003",
    }
    text, found = _printed(
        "--image", "registry.example:5000/paper/run@sha256:" + "0" * 64, cwd=tmp_path, env=env
    )
    for each in found.values():
        environment = _environment(each)
        for name in ("PAPER_RUN_SYMBOLS", "PAPER_RUN_EMAIL_FROM", "PAPER_RUN_CAPITAL", "ORCHESTRATOR_URL"):
            assert environment[name] == env[name]
        assert "PAPER_RUN_OUTPUT" not in environment
        assert _pod(each)["containers"][0]["image"].startswith("registry.example:5000/paper/run@sha256:")
    comments = text.partition("\n---\n")[0].splitlines()
    assert all(line.startswith("# ") for line in comments)
    assert "# Left out, because it names files of this machine: PAPER_RUN_OUTPUT." in comments
    (local,) = [line for line in comments if "localhost" in line]
    assert local.endswith(": SIGNAL_SERVICE_URL, EXECUTION_GATEWAY_URL.")
    assert [line for line in comments if "set PAPER_RUN_PLATFORM here too" in line]
    named = manifest(_duties(tmp_path, values=(("PAPER_RUN_PLATFORM", "paper-1"),)))
    assert "set PAPER_RUN_PLATFORM" not in named
    hostile = _read(manifest(_duties(tmp_path, values=(("X", HOSTILE),))))
    assert all(_environment(each)["X"] == HOSTILE for each in hostile.values())


@pytest.mark.parametrize("changes", [
    {"values": (("X", "a\0b"),)}, {"values": (("X", "\ud800"),)}, {"files": (("X", Path("/a\nkind: Pod")),)},
    {"folder": Path("/a\nkind: Pod")},
])  # fmt: skip
def test_what_no_pod_can_be_given_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    """Rather than a text with half of it."""
    with pytest.raises(DataError, match="can't stand in a CronJob"):
        manifest(_duties(tmp_path, **changes))


def test_what_a_pod_starts_is_a_day_and_its_mark(tmp_path: Path) -> None:
    """With its own variables: no ledger is made but on purpose; the second duty shows what was recorded."""
    with OddPlatform() as platform:
        text, found = _printed("--second", cwd=tmp_path, env=platform.urls | {"PAPER_RUN_SYMBOLS": "MSFT"})

        def start(name: str, args: list[str] | None = None) -> Any:
            (container,) = _pod(found[name])["containers"]
            assert container["command"] == ["paper-run"]
            env = {key: value for key, value in _environment(found[name]).items() if isinstance(value, str)}
            env["PAPER_RUN_REPORTS_DIR"] = str(tmp_path / "mounted")
            return run_command(*(container["args"] if args is None else args), cwd=tmp_path, env=env)

        refused = start("paper-run")
        assert (refused.returncode, platform.posts) == (3, [])
        patch = json.loads(re.findall(r"-p '(.*?)'", text)[0])
        assert patch == [
            {"op": "add", "path": "/spec/template/spec/containers/0/args", "value": ["--new-ledger"]}
        ]
        assert start("paper-run", patch[0]["value"]).returncode == 0
        assert start("paper-run").returncode == start("paper-run-second").returncode == 0
        assert "already traded" in start("paper-run-second").stdout
        assert start("paper-run-mark").returncode == 0
        assert platform.executed == 1
        (result,) = (tmp_path / "mounted").glob("*_paper_run.json")
        assert json.loads(result.read_text("utf-8"))["parameters"]["symbols"] == ["MSFT"]


def test_a_sandbox_is_said_and_has_no_ledger_elsewhere(tmp_path: Path) -> None:
    """Each start plays its next day, with a ledger among its reports: nothing of the account is asked for."""
    text, found = _printed("--sandbox", cwd=tmp_path)
    for each in found.values():
        assert _pod(each)["containers"][0]["args"][-1] == "--sandbox"
        assert each["metadata"]["annotations"]["kubernetes.io/description"].startswith("paper_run (SANDBOX)")
        assert "PAPER_RUN_LEDGER_URL" not in _environment(each)
    assert "each start plays the sandbox's next day" in text
    assert "--new-ledger" not in text
    assert "create secret" not in text
