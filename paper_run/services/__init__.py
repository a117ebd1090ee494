"""The three services over HTTP: the wire comes in, models go out."""
