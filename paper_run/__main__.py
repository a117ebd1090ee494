"""`python -m paper_run`."""

from paper_run.cli import entry_point

if __name__ == "__main__":
    entry_point()
