"""The explorer: one self-contained HTML file in which a reader filters studies and pools them again."""

from metamsc.report.explorer.content import explorer_data
from metamsc.report.explorer.page import explorer_page, write_explorer

__all__ = ["explorer_data", "explorer_page", "write_explorer"]
