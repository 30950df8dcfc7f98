"""Pooling: arrays of effect sizes in, frozen results out. Knows nothing of studies or outcomes."""
