"""A worker of the sample registry, as a process: `python -m tests.jobs.worker`; the environment says how fast it moves."""

import json
import os

from cascadia.kernel import log
from cascadia.settings import load
from cascadia.worker import run
from cascadia.worker.loop import Pace

if __name__ == "__main__":
    log.configure("INFO", "text")
    pace = Pace(**json.loads(os.environ.get("PACE", "{}")))
    run(load(), registry_name=os.environ.get("REGISTRY", "tests.jobs.sample:registry"), pace=pace)
