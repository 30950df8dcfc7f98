"""`metamsc new`: begin a record."""

from __future__ import annotations

import sys

import click

from metamsc.vocabulary import Design, Setting

_DESIGNS = {
    Setting.CLINICAL: [word.value for word in Design if not word.value.startswith("animal-")],
    Setting.PRECLINICAL: [word.value for word in Design if word.value.startswith("animal-")],
}


def _on_terminal() -> bool:
    return sys.stdin.isatty()


def _ask(flag: str, value: str | None, text: str, choices: list[str] | None = None) -> str:
    """Return the flag's value, or ask for it on a terminal."""
    if value is not None:
        return value
    if not _on_terminal():
        raise click.UsageError(f"missing {flag}; on a terminal it would be asked.")
    answer: str = click.prompt(text, type=click.Choice(choices) if choices else str, err=True)
    return answer


@click.command(
    epilog='Example: metamsc new cai-2016 --setting clinical --design rct-parallel --title "UC-MSC in T1D"'
)
@click.argument("study_id")
@click.option("--setting", type=click.Choice([word.value for word in Setting]), help="Where it belongs.")
@click.option("--design", type=click.Choice([word.value for word in Design]), help="Design of the study.")
@click.option("--title", help="Title of the report.")
@click.option("--label", help="Short name in tables; from the id when left out.")
@click.option("--year", type=click.IntRange(1950, 2100), help="Year; from the id when left out.")
@click.option("--doi", help="DOI, without address.")
@click.option("--extracted-by", default="TODO", help="Your name.")
@click.option("--folder", default="data/extractions", show_default=True, help="Folder of the records.")
def new(
    study_id: str, setting: str | None, design: str | None, title: str | None, label: str | None,
    year: int | None, doi: str | None, extracted_by: str, folder: str,
) -> None:  # fmt: skip
    """Begin the record STUDY_ID, as FOLDER/SETTING/STUDY_ID.yml, and print its path.

    Asks for what is not given as a flag. Never overwrites. The file passes `metamsc check`; what is
    left to write is marked TODO.
    """
    from metamsc.records.scaffold import NewRecord, default_label, default_year, write_record

    setting = _ask("--setting", setting, "Setting", [word.value for word in Setting])
    design = _ask("--design", design, "Design", _DESIGNS[Setting(setting)])
    record = NewRecord(
        study_id=study_id,
        setting=setting,
        design=design,
        title=_ask("--title", title, "Title"),
        label=label or default_label(study_id),
        year=year if year is not None else default_year(study_id),
        doi=doi,
        extracted_by=extracted_by,
    )
    click.echo(write_record(record, folder))
