"""The beat classes of ANSI/AAMI EC57, in the model's order."""

CLASSES = ("N", "S", "V", "F", "Q")
"""Normal (bundle-branch block included), supraventricular and ventricular ectopic, fusion,
unclassifiable."""
