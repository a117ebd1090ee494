"""The mishaps of random schedules, by name: what may become of a POST, of the list of runs, of a read."""

from typing import Any

from support.answers import (
    Answer,
    detail_list,
    detail_object,
    detail_text,
    error_and_detail,
    gateway_timeout_html,
    kill_switch,
    plain_500,
    redirect,
    too_many,
)
from support.odd_orchestrator import still_running

NOTHING: dict[str, Answer] = {
    "401": detail_object(401, "unauthorized", "no token"),
    "404": detail_text(404, "Not Found"),
    "422": detail_list("not a symbol"),
    "429": too_many("7"),
    "kill-switch": kill_switch("drill"),
}
"""Answers of the POST that prove that nothing was placed."""

LOST: dict[str, Answer] = {
    "silent-executed": Answer(delay=0.5, process="before"),
    "silent-never": Answer(delay=0.5, process="never"),
    "silent-late": Answer(delay=0.4, process="after", lag=0.1),
    "reset-executed": Answer(reset=True, process="before"),
    "reset-never": Answer(reset=True, process="never"),
    "reset-late": Answer(reset=True, process="after"),
    "reset-very-late": Answer(reset=True, process="after", lag=0.2),
    "hung-up": Answer(hang_up=True, process="before"),
    "truncated": Answer(truncate=30),
    "truncated-late": Answer(truncate=300),
    "not-json": Answer(body="<h1>welcome</h1>", process="before"),
    "500-text": plain_500(),
    "500-executed": Answer(status=500, process="before", body="Internal Server Error"),
    "500-object": error_and_detail(500, "OverflowError", "numeric field overflow"),
    "502-late": Answer(status=502, body={"detail": "bad gateway"}, process="after", lag=0.02),
    "503-text": detail_text(503, "busy"),
    "503-executed": Answer(status=503, body={"detail": {"error": "busy"}}, process="before"),
    "504-late": gateway_timeout_html(process="after", lag=0.05),
    "504-very-late": gateway_timeout_html(process="after", lag=0.3),
    "504-executed": gateway_timeout_html(process="before"),
    "307": redirect("/elsewhere"),
    "400-executed": Answer(status=400, body={"detail": "numeric overflow"}, process="before"),
    "trickled-headers": Answer(trickle_headers=0.02, process="before"),
    "trickled-body": Answer(trickle=0.02),
}
"""Answers of the POST that leave open whether it was executed; what each does is in `process`."""

RUNNING = "running"
"""The POST says that the run goes on."""


def _hidden(body: Any) -> Any:
    return body | {"runs": [], "total": 0}


def _backwards(body: Any) -> Any:
    return body | {"runs": body["runs"][::-1]}


LISTS: dict[str, Answer] = {
    "500": plain_500(),
    "504": gateway_timeout_html(),
    "hidden": Answer(edit=_hidden),
    "backwards": Answer(edit=_backwards),
    "reset": Answer(reset=True),
    "truncated": Answer(truncate=20),
    "not-json": Answer(body="nothing"),
}
READS: dict[str, Answer] = {
    "500": plain_500(),
    "503": detail_text(503, "busy"),
    "429": too_many("1"),
    "404": detail_text(404, "Order not found"),
    "reset": Answer(reset=True),
    "truncated": Answer(truncate=20),
    "closed-idle": Answer(close_idle=True),
    "slow": Answer(delay=0.05),
}
STILL_RUNNING = still_running()
EVERY: dict[str, Answer] = {
    **{f"post {name}": answer for name, answer in {**NOTHING, **LOST}.items()},
    **{f"list {name}": answer for name, answer in LISTS.items()},
    **{f"read {name}": answer for name, answer in READS.items()},
    "list well": Answer(),
    "read well": Answer(),
}
