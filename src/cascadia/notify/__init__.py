"""Tells the world outside: the event feed, signed webhooks, mail. Owns webhooks and their deliveries; events are the kernel's."""
