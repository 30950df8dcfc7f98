"""`metamsc new`: begin a record."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from metamsc.vocabulary import Design, Setting

_DESIGNS = {
    Setting.CLINICAL: {word.value: word.meaning for word in Design if not word.value.startswith("animal-")},
    Setting.PRECLINICAL: {word.value: word.meaning for word in Design if word.value.startswith("animal-")},
}
_SETTINGS = {word.value: word.meaning for word in Setting}


def _on_terminal() -> bool:
    return sys.stdin.isatty()


def _need_terminal(flag: str) -> None:
    if not _on_terminal():
        raise click.UsageError(f"missing {flag}; on a terminal it would be asked.")


def _ask(flag: str, value: str | None, text: str, *, optional: bool = False) -> str:
    """Return the flag's value, or ask for it on a terminal."""
    if value is not None:
        return value
    _need_terminal(flag)
    if optional:
        text, default = f"{text} (Enter: leave open)", ""
        answer: str = click.prompt(text, default=default, show_default=False, err=True)
        return answer.strip()
    answer = ""
    while not answer.strip():
        answer = click.prompt(text, err=True)
    return answer.strip()


def _choose(flag: str, value: str | None, text: str, choices: Mapping[str, str]) -> str:
    """Return the flag's value, or show the words with their meanings and ask for a number or a word."""
    if value is not None:
        return value
    _need_terminal(flag)
    words = list(choices)
    width = max(map(len, words))
    click.echo(f"{text}:", err=True)
    for number, word in enumerate(words, start=1):
        click.echo(f"  {number}  {word:{width}}  {choices[word]}", err=True)

    def chosen(answer: str) -> str:
        bare = answer.strip().lower()
        if bare.isdecimal() and 1 <= int(bare) <= len(words):
            return words[int(bare) - 1]
        if bare in words:
            return bare
        raise click.BadParameter(f"{answer!r} is none of them; write a number from 1 to {len(words)}.")

    answer: str = click.prompt("Number or word", value_proc=chosen, err=True)
    return answer


def _ask_id(study_id: str | None) -> tuple[str, str | None]:
    """Return the id, and the name as it was typed where the id was made of one."""
    from metamsc.records.ids import has_name, make_id

    if study_id is not None:
        return study_id, None
    while True:
        name = _ask("STUDY_ID", None, "First author's family name and year (Müller 2020)")
        found = make_id(name)
        if has_name(found):
            click.echo(f"  id: {found}", err=True)
            return found, name
        click.echo("  an id needs Latin letters: write the name as PubMed prints it", err=True)


@click.command(
    epilog='Example: metamsc new cai-2016 --setting clinical --design rct-parallel --title "UC-MSC in T1D"'
)
@click.argument("study_id", required=False)
@click.option("--setting", type=click.Choice([word.value for word in Setting]), help="Where it belongs.")
@click.option("--design", type=click.Choice([word.value for word in Design]), help="Design of the study.")
@click.option("--title", help="Title of the report.")
@click.option("--label", help="Short name in tables; from the id when left out.")
@click.option("--year", type=click.IntRange(1950, 2100), help="Year; from the id when left out.")
@click.option("--doi", help="DOI, without address.")
@click.option("--treated", type=click.IntRange(1, 12), help="Groups that got cells (1 when not said).")
@click.option("--healthy/--no-healthy", default=None, help="A group without diabetes (animal studies).")
@click.option("--printed", type=click.Choice(["means", "counts", "contrast"]),
              help="How results are printed; contrast: the comparison only.")  # fmt: skip
@click.option("--extracted-by", help="Your name.")
@click.option("--folder", default="data/extractions", show_default=True, help="Folder of the records.")
def new(
    study_id: str | None, setting: str | None, design: str | None, title: str | None, label: str | None,
    year: int | None, doi: str | None, treated: int | None, healthy: bool | None, printed: str | None,
    extracted_by: str | None, folder: str,
) -> None:  # fmt: skip
    """Begin the record STUDY_ID, as FOLDER/SETTING/STUDY_ID.yml, and print its path.

    Without STUDY_ID, asks for everything; with it, for what is needed and not given as a flag. Never
    overwrites. The file has the fields that the design needs; `metamsc check` lists what is left to do.
    """
    from metamsc.records.designs import SINGLE_ARM
    from metamsc.records.scaffold import NewRecord, check_free, default_label, default_year, write_record
    from metamsc.records.skeleton import PRINTED

    ask_all = study_id is None
    study_id, name = _ask_id(study_id)
    setting = _choose("--setting", setting, "Setting", _SETTINGS)
    check_free(study_id, folder)
    design = _choose("--design", design, "Design", _DESIGNS[Setting(setting)])
    title = _ask("--title", title, "Title")
    if ask_all:
        doi = _ask_doi(doi)
        treated = treated or click.prompt(
            "Groups that got cells", default=1, type=click.IntRange(1, 12), err=True
        )
        if healthy is None and setting == Setting.PRECLINICAL:
            healthy = click.confirm("Is there a group without diabetes?", default=False, err=True)
        one_group = treated == 1 and not healthy and Design(design) in SINGLE_ARM
        forms = {form: text for form, text in PRINTED.items() if not (one_group and form == "contrast")}
        printed = _choose("--printed", printed, "Results are printed as", forms)
        extracted_by = _ask("--extracted-by", extracted_by, "Your name", optional=True) or None
    record = NewRecord(
        study_id=study_id,
        setting=setting,
        design=design,
        title=title,
        label=label or name or default_label(study_id),
        year=year if year is not None else default_year(study_id),
        doi=_bare_doi(doi),
        treated=treated or 1,
        healthy=bool(healthy),
        printed=printed or "means",
        extracted_by=extracted_by or "TODO",
    )
    file = write_record(record, folder)
    click.echo(file)
    click.echo(f"next: fill it in, then: metamsc check {click.format_filename(Path(file))}", err=True)


def _ask_doi(doi: str | None) -> str | None:
    """Return the flag's value, or ask until the answer has the form of a DOI, or is empty."""
    from metamsc.records.scaffold import is_doi

    while doi is None:
        answer = _bare_doi(_ask("--doi", None, "DOI (10.2337/dc15-0171)", optional=True))
        if not answer:
            return None
        if is_doi(answer):
            return answer
        click.echo("  a DOI begins with 10. and a number: 10.2337/dc15-0171", err=True)
    return doi


_BEFORE_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)


def _bare_doi(doi: str | None) -> str | None:
    """Return a DOI without the address that people paste before it."""
    return _BEFORE_DOI.sub("", doi.strip(), count=1) if doi is not None else None
