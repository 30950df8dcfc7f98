"""The repository that tests of reviews use is used here, too."""

from tests.review.conftest import work

__all__ = ["work"]
