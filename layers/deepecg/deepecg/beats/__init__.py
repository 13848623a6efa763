"""From conditioned leads to classified beats: R peaks, RR intervals, features, model."""
