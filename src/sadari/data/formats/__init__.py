"""One reader a file format, and the table of them; `opening` chooses among them.

To add a format: write its module with a `Format` in it, and add its line here. The line only names where it stands, so
that ``--help`` reads no module of a format.
"""

# What follows ``--format`` → where its `Format` is. A file is asked in this order what it is.
FORMATS = {
    "csv": "sadari.data.formats.csv.records:CSV",
    "tsv": "sadari.data.formats.csv.records:TSV",
    "jsonl": "sadari.data.formats.jsonl:JSONL",
    "parquet": "sadari.data.formats.parquet:PARQUET",
    "fasttext": "sadari.data.formats.lines:FASTTEXT",
    "folder": "sadari.data.formats.folder:FOLDER",
    "lines": "sadari.data.formats.lines:LINES",
}
