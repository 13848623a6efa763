"""The full disclosure: a page with every minute of a recording."""
