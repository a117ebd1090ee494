"""Results into text: console, JSON, CSV, HTML; and one module that writes files."""
