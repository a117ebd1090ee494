"""The pages, a file a section."""
