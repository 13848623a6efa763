"""The report as one HTML file: figures, trend, strips on ECG paper, method and limits."""
