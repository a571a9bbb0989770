"""Sick networks of many kinds, and the treatments they are given."""
