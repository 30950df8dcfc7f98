"""Other packages, measured beside ours in one run; each is skipped with a word where it is not there."""
