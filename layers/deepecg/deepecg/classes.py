"""The beat classes of ANSI/AAMI EC57, in the model's order."""

CLASSES = ("N", "S", "V", "F", "Q")
"""Normal or bundle-branch, supraventricular ectopic, ventricular ectopic, fusion, unclassifiable."""
