"""Messages of a day: a result becomes a mail or a push notification, and each is delivered once."""
