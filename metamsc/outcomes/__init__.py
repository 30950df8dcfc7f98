"""What is measured: the outcome catalogue (data) and the conversion of units."""
