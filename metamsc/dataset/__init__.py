"""Records and a selection in, a table of effect sizes out, with a reason for every row left out."""
