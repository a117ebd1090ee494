"""Prove what an image states of itself, and print its entry point, user and variables, a line each."""

import json
import sys
from pathlib import Path

image = json.loads(Path(sys.argv[1]).read_text("utf-8"))
config, docker = image["OCIv1"]["config"], image["Docker"]["config"]
labels = config["Labels"]
stated = {
    "title": "paper_run",
    "version": sys.argv[2],
    "licenses": "MIT",
    "revision": "a-revision",
    "base.name": "localhost/base",
}
for name, value in stated.items():
    found = labels[f"org.opencontainers.image.{name}"]
    if found != value:
        raise SystemExit(f"the label {name} is {found}, not {value}")
for name in ("Volumes", "Healthcheck"):
    if docker.get(name) or config.get(name):
        raise SystemExit(f"the image has {name}")
user, group = map(int, config["User"].split(":"))
if min(user, group) == 0:
    raise SystemExit(f"the image runs as {config['User']}")
if "PAPER_RUN_REQUIRE_LEDGER=1" not in config["Env"]:
    raise SystemExit("the image makes ledgers")
(entry_point,) = config["Entrypoint"]
sys.stdout.write("\n".join([entry_point, config["User"], *config["Env"], ""]))
