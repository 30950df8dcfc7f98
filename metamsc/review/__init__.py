"""What a change of the records does to the evidence."""
