"""Signal processing: lead survey and selection, filters, and the quality of each second."""
