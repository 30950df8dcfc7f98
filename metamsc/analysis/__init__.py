"""The whole chain from a plan and records to results: the only package that knows all of it."""
