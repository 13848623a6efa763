"""The AAMI beat classes (ANSI/AAMI EC57), in the order of the model's output."""

CLASSES = ("N", "S", "V", "F", "Q")
"""Normal (with bundle branch block), supraventricular ectopic, ventricular ectopic, fusion,
unclassifiable."""
