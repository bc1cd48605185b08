"""Property-based tests of what builds on limitlaw: Hypothesis strategies, profiles, and statistical assertions.

Importing this module registers the strategies, so that ``st.from_type(ll.Verifier)`` works (Hypothesis' entry point
does it too), and two profiles without a deadline: ``limitlaw``, and ``limitlaw-ci``, which draws the same examples in
every run.
"""

from limitlaw._extras import command_for

try:
    import hypothesis  # noqa: F401  (whether it is there)
except ImportError as error:  # pragma: no cover  (the message is what matters)
    raise ImportError(f"limitlaw.testing needs Hypothesis: {command_for('testing')}") from error

from limitlaw._hypothesis import register
from limitlaw.testing.assertions import assert_agrees_with_solution, assert_holds, assert_reproducible
from limitlaw.testing.data_strategies import attempt_logs, grids
from limitlaw.testing.outlook_strategies import compute_paths, dists, exhaustion_scenarios, law_parameters, laws
from limitlaw.testing.samples import assert_covers, assert_same_distribution
from limitlaw.testing.strategies import costs, limits, policies, sampling_scenarios, utilities
from limitlaw.testing.task_strategies import answers, rates, seeds, tasks, verifiers

__all__ = [
    "answers",
    "assert_agrees_with_solution",
    "assert_covers",
    "assert_holds",
    "assert_reproducible",
    "assert_same_distribution",
    "attempt_logs",
    "compute_paths",
    "costs",
    "dists",
    "exhaustion_scenarios",
    "grids",
    "law_parameters",
    "laws",
    "limits",
    "policies",
    "rates",
    "sampling_scenarios",
    "seeds",
    "tasks",
    "utilities",
    "verifiers",
]


register()
