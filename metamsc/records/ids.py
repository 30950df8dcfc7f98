"""Ids made of names as people write them: Müller's becomes mullers, Strauß strauss."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 60
"""Letters of an id that is made of a text; file systems and tables have room for it."""

_SPELLED = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l",
        "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H",
    }
)  # fmt: skip
"""Latin letters that are no letter with an accent."""
_APOSTROPHES = re.compile("['’‘ʼ`´]")


def make_id(text: str) -> str:
    """Return an id made of a text; nothing usable gives "".

    Parameters
    ----------
    text : str
        "Cai et al. 2016", "O'Brien 2020", "Müller-Lüdenscheidt 2019".

    Returns
    -------
    str
        cai-et-al-2016, obrien-2020, muller-ludenscheidt-2019: accents are dropped, apostrophes too,
        everything else that is no Latin letter and no digit becomes a hyphen.
    """
    spelled = _APOSTROPHES.sub("", text).translate(_SPELLED)
    letters = (c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return "-".join(re.findall(r"[a-z0-9]+", "".join(letters).lower()))[:LONGEST].strip("-")


def has_name(study_id: str) -> bool:
    """Whether an id holds a Latin letter: one that is only a year tells no study from another."""
    return re.search("[a-z]", study_id) is not None
