"""Settings for all tests: Hypothesis draws the same examples in every run and knows no deadline."""

from hypothesis import settings

settings.register_profile("limitlaw", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("limitlaw")
