"""Tables of an analysis as frozen text: made from the result, written as HTML, Markdown, CSV or a data frame.

No number is computed here; counts of rows and sums of participants are the only additions.
"""

from metamsc.tables.appendix import appendix_across, appendix_tables
from metamsc.tables.characteristics import characteristics_table
from metamsc.tables.derivations import derivations_table
from metamsc.tables.grade import findings_table
from metamsc.tables.grade_across import findings_across
from metamsc.tables.grade_domains import domains_table
from metamsc.tables.heterogeneity import heterogeneity_table
from metamsc.tables.information import information_table
from metamsc.tables.left_out import excluded_table, missing_table
from metamsc.tables.pooled import results_table
from metamsc.tables.regression import regression_table
from metamsc.tables.risk_of_bias import risk_of_bias_tables
from metamsc.tables.sensitivity import sensitivity_table, small_study_table
from metamsc.tables.studies import studies_table
from metamsc.tables.table import Cell, Column, Piece, Row, Table
from metamsc.tables.write import write_tables

__all__ = [
    "Cell",
    "Column",
    "Piece",
    "Row",
    "Table",
    "appendix_across",
    "appendix_tables",
    "characteristics_table",
    "derivations_table",
    "domains_table",
    "excluded_table",
    "findings_across",
    "findings_table",
    "heterogeneity_table",
    "information_table",
    "missing_table",
    "regression_table",
    "results_table",
    "risk_of_bias_tables",
    "sensitivity_table",
    "small_study_table",
    "studies_table",
    "write_tables",
]
