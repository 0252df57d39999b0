from partners.tables.reading import ReadOptions, TableFile


def read_table(data, columns, optional=None, **options):
    """Read the columns of a file, with the ReadOptions."""
    return TableFile(data, columns, ReadOptions(**options)).read(columns, optional)
