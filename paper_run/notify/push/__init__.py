"""Push notifications: a message in a few lines, sent by apprise."""
