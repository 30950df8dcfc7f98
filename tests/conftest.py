"""One way to run hypothesis: the same examples every time, and no wall clock.

A test that fails once in a hundred runs stops a stranger's pull request, not the bug. To look for new
examples: ``HYPOTHESIS_PROFILE=explore make test``.
"""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
