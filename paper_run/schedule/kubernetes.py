"""The CronJobs of Kubernetes: one for the day, one for its value, on request one for the day once more."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from paper_run import NamedTuple
from paper_run.errors import DataError
from paper_run.schedule import yaml
from paper_run.schedule.plan import OF_A_SANDBOX, WITHOUT_A_BAR, refuse_unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from paper_run.schedule.plan import Schedule, Start
    from paper_run.schedule.yaml import Node

NAME = "paper-run"
"""The secret's name and the first word of every other."""
LEDGER_URL, PLATFORM = "PAPER_RUN_LEDGER_URL", "PAPER_RUN_PLATFORM"
REPORTS = "/reports"

_SECRET_FILES = "/etc/paper-run"  # noqa: S105  a folder
_USER = 10001
"""Whom the image runs as; no number below 10,000 is anybody's on a node."""
_WEEK = 7 * 86_400
_LEAST_OPEN = 60
"""Seconds: with less to start in, the cluster's own look every ten seconds could miss a day."""
_HOLDS = {"cpu": "100m", "memory": "128Mi"}
_AT_MOST = {"cpu": "1", "memory": "1Gi"}
_NO_VALUE = re.compile("[\0\ud800-\udfff]")


class Duties(NamedTuple):
    """What pods start, with which settings.

    :ivar schedule: when, how long, and what makes this text again; of its paths nothing else is used.
    :ivar opens: how long after its start the day may still begin, seconds. :ivar values: settings as they
        are. :ivar secrets: names of those that nobody may read. :ivar files: names of those that name a file,
        and the file here. :ivar left_out: names of settings that mean this machine's files. :ivar local:
        names of those whose URL leads to this machine.
    """

    schedule: Schedule
    image: str
    opens: int
    values: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()
    files: tuple[tuple[str, Path], ...] = ()
    left_out: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    has_second: bool = False

    @property
    def in_variables(self) -> tuple[str, ...]:
        """The secrets that are variables: but for a sandbox's the ledger's URL is one wherever pods run."""
        ledger = () if self.schedule.is_sandbox else (LEDGER_URL,)
        return tuple(dict.fromkeys((*ledger, *self.secrets)))


class _Duty(NamedTuple):
    """One CronJob: its name, what it is, when it starts, and how long after that it may, in seconds."""

    name: str
    what: str
    command: tuple[str, ...]
    clock: str
    opens: int


def manifest(duties: Duties) -> str:
    """Return the CronJobs, with what there is to know of them as comments.

    :raises DataError: there is no time to start a day in, or a value that no pod can be given.
    """
    refuse_unwritable(duties.schedule, "a CronJob", *(path for _, path in duties.files))
    for name, value in duties.values:
        if _NO_VALUE.search(value):
            raise DataError(
                f"The value of {name} can't stand in a CronJob",
                "It holds a character that is no text.",
                remedies=("Correct it; nothing was installed.",),
            )
    made = _duties(duties)
    comments = "".join(f"# {line}\n" for line in _comments(duties, made))
    return comments + "".join(yaml.document(_cron_job(duties, duty)) for duty in made)


def _duties(duties: Duties) -> list[_Duty]:
    run, mark = duties.schedule.times.starts
    made = [_duty(run, duties.opens), _duty(mark, _seconds_until_midnight(mark.clock))]
    if duties.has_second:
        later = -(-duties.schedule.waits.timeout // 60) + 2
        second = _Duty(
            f"{NAME}-second",
            "the day once more: it shows what was recorded, and trades only where nothing was",
            run.command,
            _later(run.clock, later),
            duties.opens - later * 60,
        )
        made.append(second)
    for duty in made:
        if duty.opens < _LEAST_OPEN:
            raise DataError(
                f"At {duty.clock} {duties.schedule.times.place} time it is too late to start {duty.what}",
                "The latest start is over by then; a second duty waits for the first one's --timeout.",
                remedies=("Correct PAPER_RUN_LATEST_START or PAPER_RUN_TIMEOUT; nothing was installed.",),
            )
    return made


def _duty(start: Start, opens: int) -> _Duty:
    return _Duty(start.name(), start.what, start.command, start.clock, opens)


def _later(clock: str, minutes: int) -> str:
    """Return a time of day some minutes later; past midnight is what `opens` refuses."""
    hour, minute = map(int, clock.split(":"))
    return (datetime(2000, 1, 1, hour, minute, tzinfo=UTC) + timedelta(minutes=minutes)).strftime("%H:%M")


def _seconds_until_midnight(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return 86_400 - hour * 3600 - minute * 60


def _comments(duties: Duties, made: list[_Duty]) -> Iterator[str]:
    times = duties.schedule.times
    second = ["--second"] if duties.has_second else []
    again = duties.schedule.again("kubernetes", "--image", duties.image, *second)
    yield f"{duties.schedule.label}, {times.place} time, {times.words}:"
    yield from (f"  {duty.clock} {duty.name}: {duty.what}" for duty in made)
    yield "A namespace is one account's. In it, once:"
    if keys := _keys(duties):
        yield f"  kubectl create secret generic {NAME} {' '.join(keys)}"
    yield from (f"  echo {shlex.quote(_claim(claim))} | kubectl create -f -" for claim in _claims(duties))
    yield f"  {again} | kubectl apply -f -"
    if not duties.schedule.is_sandbox:
        yield "What is started makes no ledger. Where there is none yet, the first day, once:"
        yield f"  {_FIRST}"
    if duties.in_variables:
        yield "Each secret is in a file of its name here, without a line break at its end."
    yield "Settings are those in force here; after a change, this command again."
    if duties.schedule.is_sandbox:
        yield OF_A_SANDBOX
        return
    if PLATFORM not in dict(duties.values):
        yield f"The pods' ledger is a database's: set {PLATFORM} here too, then this command again."
    if duties.schedule.exchange == "XNYS":
        yield from WITHOUT_A_BAR
    if duties.local:
        yield f"In a pod localhost is the pod itself, so these lead nowhere: {', '.join(duties.local)}."
    if duties.left_out:
        yield f"Left out, because it names files of this machine: {', '.join(duties.left_out)}."


_FIRST = (
    f"kubectl create job {NAME}-first --from=cronjob/{NAME} --dry-run=client -o json"
    " | kubectl patch --local -f - --type=json -o json -p"
    """ '[{"op":"add","path":"/spec/template/spec/containers/0/args","value":["--new-ledger"]}]'"""
    " | kubectl create -f -"
)


def _keys(duties: Duties) -> list[str]:
    files = [f"--from-file={name}={shlex.quote(str(path))}" for name, path in duties.files]
    return [*(f"--from-file={name}" for name in duties.in_variables), *files]


def _claims(duties: Duties) -> list[str]:
    """Return whose reports lie where: a second duty may run on a node of its own."""
    return [NAME, f"{NAME}-second"] if duties.has_second else [NAME]


def _claim(name: str) -> str:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": wanted}
    return json.dumps(claim, separators=(",", ":"))


def _cron_job(duties: Duties, duty: _Duty) -> Mapping[str, Node]:
    hour, minute = map(int, duty.clock.split(":"))
    labels = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/component": duty.name}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "name": duty.name,
            "labels": labels,
            "annotations": {"kubernetes.io/description": f"{duties.schedule.label}: {duty.what}"},
        },
        "spec": {
            "schedule": f"{minute} {hour} * * {duties.schedule.times.weekdays}",
            "timeZone": duties.schedule.times.zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": duty.opens,
            "successfulJobsHistoryLimit": 5,
            "failedJobsHistoryLimit": 5,
            "jobTemplate": {"metadata": {"labels": labels}, "spec": _job(duties, duty, labels)},
        },
    }


def _job(duties: Duties, duty: _Duty, labels: Mapping[str, str]) -> Mapping[str, Node]:
    """Return a Job: one pod at a time, tried again where nothing was sent, never after exit 2 or 3."""
    final: Mapping[str, Node] = {"containerName": NAME, "operator": "In", "values": [2, 3]}
    return {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 2,
        "podReplacementPolicy": "Failed",
        "podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": final}]},
        "activeDeadlineSeconds": duties.schedule.waits.whole,
        "ttlSecondsAfterFinished": _WEEK,
        "template": {
            "metadata": {
                "labels": labels,
                "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            },
            "spec": _pod(duties, duty),
        },
    }


def _pod(duties: Duties, duty: _Duty) -> Mapping[str, Node]:
    """Return a pod that the restricted standard admits; it may write to its reports and to /tmp."""
    claim = f"{NAME}-second" if duty.name == f"{NAME}-second" else NAME
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": duties.schedule.waits.stop,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(duties, duty)],
        "volumes": [
            {"name": "reports", "persistentVolumeClaim": {"claimName": claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            *_secret_volume(duties),
        ],
    }


def _secret_volume(duties: Duties) -> list[Mapping[str, Node]]:
    items: list[Mapping[str, Node]] = [{"key": name, "path": name} for name, _ in duties.files]
    secret: Mapping[str, Node] = {"secretName": NAME, "defaultMode": 0o440, "items": items}
    return [{"name": "secrets", "secret": secret}] if items else []


def _container(duties: Duties, duty: _Duty) -> Mapping[str, Node]:
    options = ["--sandbox"] if duties.schedule.is_sandbox else []
    mounts: list[Mapping[str, Node]] = [
        {"name": "reports", "mountPath": REPORTS},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  a volume of the pod's own
    ]
    if duties.files:
        mounts.append({"name": "secrets", "mountPath": _SECRET_FILES, "readOnly": True})
    return {
        "name": NAME,
        "image": duties.image,
        "command": [NAME],
        "args": [*duty.command, *options],
        "env": list(_environment(duties)),
        "resources": {"requests": _HOLDS, "limits": _AT_MOST},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }


def _environment(duties: Duties) -> Iterator[Mapping[str, Node]]:
    yield {"name": "PAPER_RUN_REPORTS_DIR", "value": REPORTS}
    yield from ({"name": name, "value": value} for name, value in duties.schedule.variables)
    # A $ is doubled: the cluster would put another variable in the place of $(NAME).
    yield from ({"name": name, "value": value.replace("$", "$$")} for name, value in duties.values)
    for name in duties.in_variables:
        yield {"name": name, "valueFrom": {"secretKeyRef": {"name": NAME, "key": name}}}
    yield from ({"name": name, "value": f"{_SECRET_FILES}/{name}"} for name, _ in duties.files)
