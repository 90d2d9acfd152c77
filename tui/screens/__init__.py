"""One place to be each."""
