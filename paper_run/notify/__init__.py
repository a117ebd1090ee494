"""The e-mail of a day: a result becomes a letter, a letter a message, and the message is delivered once."""
