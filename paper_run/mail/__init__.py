"""The e-mail of a day: from its result to a letter, from a letter to a message, from there to the recipients."""
