"""One command for a day of paper trading: check the services, trade once, account, report."""

__version__ = "0.1.0"
