"""The items of PRISMA 2020 and of PRISMA 2020 for abstracts, as data.

Numbers and topics are those of the statement; what an item asks for is put shortly in words of our own.
Source: Page MJ, McKenzie JE, Bossuyt PM et al. The PRISMA 2020 statement. BMJ 2021;372:n71 (CC BY 4.0).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist."""

    number: str
    """"10a": as in the statement."""
    section: str
    topic: str
    asks: str
    """What the item asks for, in short."""


def _items(rows: tuple[tuple[str, str, str, str], ...]) -> tuple[Item, ...]:
    return tuple(Item(*row) for row in rows)


_METHODS = "Methods"
_RESULTS = "Results"
_OTHER = "Other information"
PRISMA_2020 = _items(
    (
        ("1", "Title", "Title", "Call the report a systematic review."),
        ("2", "Abstract", "Abstract", "Give an abstract that answers the checklist for abstracts."),
        ("3", "Introduction", "Rationale", "Say why the review is needed beside what is known."),
        ("4", "Introduction", "Objectives", "State the question or questions."),
        ("5", _METHODS, "Eligibility criteria", "State what was included, excluded, and how grouped."),
        ("6", _METHODS, "Information sources", "Name every source searched and the day of the last search."),
        ("7", _METHODS, "Search strategy", "Show the full searches with filters and limits."),
        ("8", _METHODS, "Selection process", "Say how and by whom studies were chosen."),
        ("9", _METHODS, "Data collection process", "Say how and by whom data were taken."),
        ("10a", _METHODS, "Data items", "Define the outcomes, and which of several results was taken."),
        ("10b", _METHODS, "Data items", "Define other variables, and what was assumed."),
        ("11", _METHODS, "Study risk of bias assessment", "Name the tools, who judged, and how."),
        ("12", _METHODS, "Effect measures", "Name the effect measure of each outcome."),
        ("13a", _METHODS, "Synthesis methods", "Say how studies were allotted to each synthesis."),
        ("13b", _METHODS, "Synthesis methods", "Say how data were prepared and converted."),
        ("13c", _METHODS, "Synthesis methods", "Say how results are tabulated and drawn."),
        ("13d", _METHODS, "Synthesis methods", "Describe the models, heterogeneity, software, and why."),
        ("13e", _METHODS, "Synthesis methods", "Say how causes of heterogeneity were looked for."),
        ("13f", _METHODS, "Synthesis methods", "Describe the sensitivity analyses."),
        ("14", _METHODS, "Reporting bias assessment", "Say how bias by missing results was assessed."),
        ("15", _METHODS, "Certainty assessment", "Say how certainty of the evidence was assessed."),
        ("16a", _RESULTS, "Study selection", "Give the numbers from search to inclusion."),
        ("16b", _RESULTS, "Study selection", "Cite studies that nearly fit, with the reason."),
        ("17", _RESULTS, "Study characteristics", "Cite every included study and describe it."),
        ("18", _RESULTS, "Risk of bias in studies", "Show the judgements for every included study."),
        ("19", _RESULTS, "Results of individual studies", "Show the numbers of each study."),
        ("20a", _RESULTS, "Results of syntheses", "Sum up the studies of each synthesis."),
        ("20b", _RESULTS, "Results of syntheses", "Give pooled results with precision and direction."),
        ("20c", _RESULTS, "Results of syntheses", "Give what was found on causes of heterogeneity."),
        ("20d", _RESULTS, "Results of syntheses", "Give the results of the sensitivity analyses."),
        ("21", _RESULTS, "Reporting biases", "Give what was found on bias by missing results."),
        ("22", _RESULTS, "Certainty of evidence", "Give the certainty for each outcome."),
        ("23a", "Discussion", "Discussion", "Interpret the results beside other evidence."),
        ("23b", "Discussion", "Discussion", "Discuss limits of the evidence."),
        ("23c", "Discussion", "Discussion", "Discuss limits of the review itself."),
        ("23d", "Discussion", "Discussion", "Discuss what follows for practice, policy and research."),
        ("24a", _OTHER, "Registration and protocol", "Name register and number, or say that there is none."),
        ("24b", _OTHER, "Registration and protocol", "Say where the protocol is, or that there is none."),
        ("24c", _OTHER, "Registration and protocol", "Explain what was changed afterwards."),
        ("25", _OTHER, "Support", "Name funders and sponsors and their role."),
        ("26", _OTHER, "Competing interests", "Declare competing interests of the authors."),
        ("27", _OTHER, "Availability of data, code and other materials", "Say what is public and where."),
    )
)  # fmt: skip
"""The 27 items, those with parts given part by part."""
PRISMA_ABSTRACTS = _items(
    (
        ("1", "Title", "Title", "Call the report a systematic review."),
        ("2", "Background", "Objectives", "State the main question or questions."),
        ("3", _METHODS, "Eligibility criteria", "State what was included and excluded."),
        ("4", _METHODS, "Information sources", "Name the sources and the day of the last search of each."),
        ("5", _METHODS, "Risk of bias", "Say how risk of bias was assessed."),
        ("6", _METHODS, "Synthesis of results", "Say how results were put together."),
        ("7", _RESULTS, "Included studies", "Give the number of studies and participants."),
        ("8", _RESULTS, "Synthesis of results", "Give main results with precision, numbers and direction."),
        ("9", "Discussion", "Limitations of evidence", "Sum up the limits of the evidence."),
        ("10", "Discussion", "Interpretation", "Interpret the results and what follows."),
        ("11", "Other", "Funding", "Name the main source of funding."),
        ("12", "Other", "Registration", "Name register and number."),
    )
)  # fmt: skip
"""The 12 items for an abstract."""
