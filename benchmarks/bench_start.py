"""CPU seconds to start: `import metamsc`, `--help` and a whole `metamsc pool`, beside the peers' imports.

Goals: import below 0.15 s, help below 0.3 s. Times are user + system of a fresh process, best of five.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

REPEATS = 5
CSV = "study,yi,vi\na,0.2,0.04\nb,0.5,0.09\nc,-0.1,0.02\n"


def cpu_seconds(command: list[str]) -> float:
    """Return the least CPU time of a command over a few runs."""
    times = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        csv = Path(folder) / "x.csv"
        csv.write_text(CSV)
        python, metamsc = [sys.executable], [sys.executable, "-m", "metamsc"]
        base = cpu_seconds([*python, "-c", "pass"])
        rows = {
            "python -c pass": base,
            "import metamsc": cpu_seconds([*python, "-c", "import metamsc"]),
            "metamsc --help": cpu_seconds([*metamsc, "--help"]),
            "metamsc pool x.csv": cpu_seconds([*metamsc, "pool", str(csv)]),
            "import statsmodels.stats.meta_analysis": cpu_seconds(
                [*python, "-c", "import statsmodels.stats.meta_analysis"]
            ),
            "import pymare": cpu_seconds([*python, "-W", "ignore", "-c", "import pymare"]),
        }
    for name, seconds in rows.items():
        print(f"{name:42s}{seconds:7.3f} s   {seconds / rows['import metamsc']:6.1f} x import metamsc")


if __name__ == "__main__":
    main()
