"""Draw the figures that the README and the docs show, from the shipped records: `make figures`."""

import metamsc as mm

result = mm.run(mm.read_spec("analyses/hba1c"), mm.read_records("data/extractions"))
mm.write_figure(mm.draw_forest(result), "docs/figures/hba1c-forest", formats=["svg"])
