"""Trains, evaluates and exports the beat classifier; the only home of PyTorch."""
