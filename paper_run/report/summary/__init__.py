"""What a day comes down to: for mail, page and console."""
