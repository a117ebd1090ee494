"""At most once: before, with and after the one POST, and what it comes to."""
