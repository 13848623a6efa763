"""The report as one HTML file: values, plots, strips on ECG paper, method and limits."""
