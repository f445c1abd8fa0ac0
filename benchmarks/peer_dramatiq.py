"""The same empty job in Dramatiq over RabbitMQ: `python -m benchmarks.peer_dramatiq defer N`, or `dramatiq benchmarks.peer_dramatiq`."""

import os
import sys

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

broker = RabbitmqBroker(url=os.environ["BROKER_URL"], confirm_delivery=True)
dramatiq.set_broker(broker)
DONE = os.open(os.environ["DONE_FILE"], os.O_APPEND | os.O_CREAT | os.O_WRONLY)


@dramatiq.actor(queue_name="dramatiq-empty")  # type: ignore[untyped-decorator]  # it has no types
def nothing() -> None:
    """Leaves one byte, by which the run is counted."""
    os.write(DONE, b".")


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        nothing.send()
    broker.close()
