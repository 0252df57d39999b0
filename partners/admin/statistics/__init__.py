"""Statistics of the register on any day, as a page and as a workbook."""
