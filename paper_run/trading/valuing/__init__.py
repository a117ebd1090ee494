"""A session valued: its book brought up to date, what trading cost, and whether signals were right."""
