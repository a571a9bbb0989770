"""`python -m leaky_relu` is the command `leaky`."""

from leaky_relu._command import main

main()
