"""Can the result be trusted: what the pooled effect does under other studies and other choices."""
