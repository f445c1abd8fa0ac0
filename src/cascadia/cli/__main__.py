"""`python -m cascadia.cli`: how the program starts its own parts, whatever PATH says."""

from cascadia.cli import main

main()
