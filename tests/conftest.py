"""Settings for all tests: Hypothesis draws the same examples in every run and knows no deadline."""

from hypothesis import settings

import limitlaw.testing

assert limitlaw.testing  # importing it registers the profiles
settings.load_profile("limitlaw-ci")
