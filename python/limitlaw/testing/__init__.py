"""Property-based tests of what builds on limitlaw: Hypothesis strategies, profiles, and statistical assertions.

Importing this module registers the strategies, so that ``st.from_type(ll.Verifier)`` works (Hypothesis' entry point
does it too), and two profiles without a deadline: ``limitlaw``, and ``limitlaw-ci``, which draws the same examples in
every run.
"""

try:
    import hypothesis
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover  (the message is what matters)
    raise ImportError('limitlaw.testing needs Hypothesis: pip install "limitlaw[testing]"') from error

from limitlaw.exhaustion import ComputePath, ExhaustionScenario, Law, LawParameters
from limitlaw.exhaustion.dist import Dist
from limitlaw.sampling import Answers, Cost, Limit, Policy, SamplingScenario, Tasks, Utility, Verifier
from limitlaw.testing.assertions import assert_accuracy_at_least, assert_agrees_with_solution, assert_reproducible
from limitlaw.testing.outlook_strategies import compute_paths, dists, exhaustion_scenarios, law_parameters, laws
from limitlaw.testing.strategies import (
    answers,
    costs,
    limits,
    policies,
    rates,
    sampling_scenarios,
    seeds,
    tasks,
    utilities,
    verifiers,
)

__all__ = [
    "answers",
    "assert_accuracy_at_least",
    "assert_agrees_with_solution",
    "assert_reproducible",
    "compute_paths",
    "costs",
    "dists",
    "exhaustion_scenarios",
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


def _register() -> None:
    """Tell Hypothesis how to draw limitlaw's types. Its entry point imports this module, whole or half imported."""
    st.register_type_strategy(Tasks, tasks())
    st.register_type_strategy(Verifier, verifiers())
    st.register_type_strategy(Answers, answers())
    st.register_type_strategy(Policy, policies())
    st.register_type_strategy(Cost, costs())
    st.register_type_strategy(Limit, limits())
    st.register_type_strategy(Utility, utilities())
    st.register_type_strategy(SamplingScenario, sampling_scenarios())
    st.register_type_strategy(Dist, dists())
    st.register_type_strategy(Law, laws())
    st.register_type_strategy(LawParameters, law_parameters())
    st.register_type_strategy(ComputePath, compute_paths())
    st.register_type_strategy(ExhaustionScenario, exhaustion_scenarios())
    hypothesis.settings.register_profile("limitlaw", deadline=None)
    hypothesis.settings.register_profile("limitlaw-ci", deadline=None, derandomize=True, print_blob=True)


_register()
