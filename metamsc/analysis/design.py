"""The design of a meta-regression: a formula over the columns that rows come with."""

from __future__ import annotations

from metamsc.dataset.csv import CsvEffects, typed_columns
from metamsc.models.batch import FloatArray
from metamsc.models.formula import formula_design, formula_variables


def model_matrix(effects: CsvEffects, formula: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Build the design of a meta-regression from the other columns of a CSV.

    Formulas come from files that others wrote: they may call a few functions of numbers and nothing else
    (:data:`metamsc.models.formula.FUNCTIONS`).

    Parameters
    ----------
    effects : CsvEffects
    formula : str
        Right-hand side in Wilkinson notation, with or without "~": "year + alloc", "~ 0 + alloc".
        Text columns become indicator variables, the first value in the alphabet being the reference.

    Returns
    -------
    X : array of shape (k, p)
    names : tuple of str
        Names of the columns; the intercept is called "intercept".

    Raises
    ------
    OptionError
        If the formula cannot be read or names a column that is not there.
    InputError
        If a row has no value in a column that the formula uses, or a factor has a single level.
    """
    for name in formula_variables(formula):
        effects.column(name)
    design = formula_design(formula, typed_columns(effects))
    return design.X, design.names
