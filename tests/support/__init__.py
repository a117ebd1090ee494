"""What the black-box tests stand on: a platform of their own and a way to run the real command."""
