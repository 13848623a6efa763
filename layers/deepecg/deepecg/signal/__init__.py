"""Signal processing: leads are surveyed, selected and filtered, and each second is judged."""
