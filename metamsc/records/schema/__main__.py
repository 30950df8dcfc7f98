"""Write the JSON Schemas of records and published reviews again."""

from metamsc.records.schema import write_schemas

if __name__ == "__main__":
    print(*write_schemas(), sep="\n")  # noqa: T201 - a command
