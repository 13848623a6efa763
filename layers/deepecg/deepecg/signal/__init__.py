"""Leads in millivolts: surveyed, selected, filtered, and judged by the second."""
