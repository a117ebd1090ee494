"""Builds the wheel with its page templates compiled, so that no folder of reports has to."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithTemplates(build_py):
    """As always, and then the templates; an editable installation compiles those of its tree as it needs."""

    def run(self) -> None:
        """See setuptools."""
        super().run()
        if not self.editable_mode:
            sys.path.insert(0, str(Path(__file__).parent))
            from paper_run.report.html import assets

            assets.compile_into(Path(self.build_lib, "paper_run", "templates"))


setup(cmdclass={"build_py": BuildWithTemplates})
