"""Write the JSON Schema of a record again."""

from metamsc.records.schema import write_schema

if __name__ == "__main__":
    print(write_schema())  # noqa: T201 - a command
