"""Results for readers: words, pages and the site; and what `run` leaves on disk.

``words`` and ``methods`` turn a result into sentences, ``page`` holds what the chunks of a ``report.qmd``
call, ``build`` makes the site. Nothing is loaded until it is imported.
"""
