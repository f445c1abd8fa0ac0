"""The same empty job in Celery over RabbitMQ: `python -m benchmarks.peer_celery work|defer N`; BROKER_URL names it, DONE_FILE counts."""

import os
import sys

from celery import Celery

app = Celery("peer", broker=os.environ["BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # as ours: what a killed worker had begun is done again
    worker_prefetch_multiplier=1,
    broker_transport_options={"confirm_publish": True},
    task_default_queue="celery-empty",
    worker_hijack_root_logger=False,
)
DONE = os.open(os.environ["DONE_FILE"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)


@app.task(name="nothing")  # type: ignore[untyped-decorator]  # it has no types
def nothing() -> None:
    """Leaves one byte, by which the run is counted."""
    os.write(DONE, b".")


if __name__ == "__main__":
    if sys.argv[1] == "work":
        app.worker_main(["worker", f"--concurrency={sys.argv[2]}", "--loglevel=ERROR", "--without-gossip", "--without-mingle"])
    else:
        for _ in range(int(sys.argv[2])):
            nothing.delay()
