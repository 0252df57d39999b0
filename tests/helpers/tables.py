from partners.tables.reading import ReadOptions, TableFile
from partners.tables.writing import write_sheets


def read_table(data, columns, optional=None, **options):
    """Read the columns of a file, with the ReadOptions."""
    return TableFile(data, columns, ReadOptions(**options)).read(columns, optional)


def write_table(rows, file_format):
    """Return a file with one sheet of rows, the first of which is the header."""
    return write_sheets({"Partners": rows}, file_format)
