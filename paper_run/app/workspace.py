"""An account, opened: where its ledger and its reports lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paper_run.ledger import files

if TYPE_CHECKING:
    from paper_run.settings.config import Config

PATIENCE = 60.0
"""Seconds that a command waits for another one that has the ledger."""


def prove_folders(config: Config) -> None:
    """Prove that reports and extra outputs can be written, before anything is sent.

    :raises DataError: they can not.
    """
    files.prove_writable(config.reports_dir, purpose="The reports folder")
    files.prove_outputs(config.files)
