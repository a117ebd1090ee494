"""The account beside the book: what services and broker tell of it, prices, and what a person takes over."""
