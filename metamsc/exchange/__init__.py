"""Records in other forms: tables to fill in and to take away, other tools' files, second extractions.

Comes in as records or as strangers' tables, goes out as tables, YAML text or an agreement report.
Judges no meaning: that is :mod:`metamsc.checks`.
"""
