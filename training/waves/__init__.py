"""Training and evaluation of the network that finds P, QRS and T."""
