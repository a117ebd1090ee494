"""The values that flow through the program; this package reads nothing."""
