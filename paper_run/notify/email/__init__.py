"""The mail: composed, laid out, sent by SMTP."""
