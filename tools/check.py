"""Every check that reads the code without running it; all of them run, and the exit code says whether all were content."""

import sys

from tools.steps import checks, run_at_once

if __name__ == "__main__":
    results = run_at_once(checks())
    sys.exit(any(result.failed for result in results))
