"""Experiments that can be run again: one file each, results as rows from which a table is made."""
