"""Write the schema of a plan anew."""

from metamsc.analysis.schema import SCHEMA_FILE, schema_text
from metamsc.files import write_atomic

write_atomic(SCHEMA_FILE, schema_text())
