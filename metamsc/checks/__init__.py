"""What records must mean: one rule, one function, one stable code; registered in ``registry.py``."""
