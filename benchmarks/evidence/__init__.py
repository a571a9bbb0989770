"""What helps against units that die and networks that stop learning, and what does not: the trials behind
`docs/evidence.md`."""
