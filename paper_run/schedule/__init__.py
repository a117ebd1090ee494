"""A schedule as text, to be installed by a person; nothing here installs or writes anything."""
