"""Settings for all tests: Hypothesis draws the same examples in every run and knows no deadline; Ctrl-C works."""

import signal

from hypothesis import settings

import limitlaw.testing

assert limitlaw.testing  # importing it registers the profiles
settings.load_profile("limitlaw-ci")
# A shell ignores it for what runs in the background; a test of an interrupt would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
