"""The extraction form: one HTML file that turns what a reader types into a record."""

from metamsc.report.form.content import form_data
from metamsc.report.form.page import form_page, write_form
from metamsc.report.form.repository import find_repository

__all__ = ["find_repository", "form_data", "form_page", "write_form"]
