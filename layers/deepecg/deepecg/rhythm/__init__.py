"""The rhythm of a recording, from a stream of classified beats: one definition a file."""
