"""The real command, in a time and with a mishap that the environment names.

FAULTS_AHEAD: seconds that its clock is ahead of the machine's. FAULTS_TICK: how long a pause really lasts at
most. FAULTS_USER: the number of the user that it becomes. FAULTS_AT, FAULTS_NTH, FAULTS_DO: at the n-th
step of a pattern do that: the name of a signal, or `full` for a disk that is full from then on.
"""

import os
import signal
import sys
from datetime import timedelta

from faults import child
from faults.steps import Steps, fill_disk, send_signal
from faults.warp import TICK, Warp

from paper_run import cli


def main() -> int:
    if user := os.environ.get("FAULTS_USER"):
        child.prepare()  # the interpreter itself may lie where only root comes
        os.setgid(int(user))
        os.setuid(int(user))
    tick = float(os.environ.get("FAULTS_TICK", TICK))
    Warp(timedelta(seconds=float(os.environ["FAULTS_AHEAD"])), tick=tick).install()
    if do := os.environ.get("FAULTS_DO"):
        action = fill_disk if do == "full" else send_signal(signal.Signals[do])
        Steps(os.environ["FAULTS_AT"], int(os.environ.get("FAULTS_NTH", "1")), action).install()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
