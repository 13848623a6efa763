"""Beats: R peaks are detected, described by features, classified; pauses are confirmed."""
