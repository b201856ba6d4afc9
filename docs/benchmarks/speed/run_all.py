"""Every row in a process of its own, then the whole table.

python docs/benchmarks/speed/run_all.py                          # all rows
python docs/benchmarks/speed/run_all.py epoch memory             # some
python docs/benchmarks/speed/run_all.py --repeats 1              # quickly
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from timing import HEAD, measured_with

ROWS = (
    "grid_search",
    "epoch",
    "second_fit",
    "lengths",
    "predict_one",
    "predict_many",
    "memory",
    "scaling",
    "import_time",
)


def run(name: str, arguments: list[str]) -> list[str]:
    """Run a row, pass on what it prints, and give its lines of the table."""
    print(f"\n== {name}", flush=True)
    script = Path(__file__).with_name(f"{name}.py")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    lines = []
    with subprocess.Popen(
        [sys.executable, str(script), *arguments], stdout=subprocess.PIPE, text=True, env=environment
    ) as row:
        for line in row.stdout or ():
            print(line, end="", flush=True)
            if line.startswith("| ") and line.strip() not in HEAD:
                lines.append(line.rstrip())
    return lines if row.returncode == 0 else [f"| {name} | failed | - | - | - | **no** |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; default: all")
    parser.add_argument("--repeats", help="of each row; default: its own")
    chosen = parser.parse_args()
    unknown = [row for row in chosen.rows if row not in ROWS]
    if unknown:
        parser.error(f"rows are {', '.join(ROWS)}. Got {', '.join(unknown)}.")
    lines = []
    for name in chosen.rows or ROWS:
        repeated = chosen.repeats and name != "memory"
        lines += run(name, ["--repeats", chosen.repeats] if repeated else [])
    print(f"\n{HEAD}\n" + "\n".join(lines) + f"\n\n{measured_with()}")
    sys.exit(any("| failed |" in line for line in lines))


if __name__ == "__main__":
    main()
