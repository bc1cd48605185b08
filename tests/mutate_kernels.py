"""Shows that every pin bites: one constant of a kernel changed at a time must change the pins of that kernel.

    python tests/mutate_kernels.py [WORD ...]

Works on a copy of the sources in a temporary folder, rebuilt for each change (about ten minutes for all); with words,
only the changes whose pins have one of them in their names. Not a test: run it when a kernel or a pin is new.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: (what stands once in the core, what replaces it, pins that must notice).
MUTATIONS = [
    ("let k = floor((2.0 * a / edge + b) * u + centre)", "let k = floor((2.0 * a / edge + b) * u + centre + 1.0)",
     ["votes, many attempts", "votes, many attempts, zipf"]),
    ("((left[low] * 281_474_976_710_656.0) as u64) << 16", "((left[low] * 271_474_976_710_656.0) as u64) << 16",
     ["policies, uniform answers", "policies, many uniform answers", "policies, zipf answers", "compared"]),
    ("acceptance[j] = right * mass;", "acceptance[j] = 0.9 * right * mass;",
     ["far attempts", "redraw once", "pool", "many tasks", "first worthwhile", "sweep, sampling"]),
    ("let coin = random.open01() * any;", "let coin = 0.9 * random.open01() * any;",
     ["beta", "correlated errors", "mixture", "mixture, correlated", "spread errors", "posterior", "beta, every policy",
      "limits"]),
    ("const TAIL: f64 = 7.697_117_470_131_05;", "const TAIL: f64 = 7.5;",
     ["policies, uniform answers", "policies, dirichlet answers", "compared"]),
    ("const TAIL: f64 = 3.654_152_885_361_009;", "const TAIL: f64 = 3.6;",
     ["beta", "posterior", "policies, dirichlet answers", "gamma tokens", "lognormal tokens", "batches", "limits",
      "limits, lognormal", "correlated errors"]),
    ("let radius = sqrt(-expm1(2.0 * ln(random.open01()) / (2.0 * shape - 1.0)));",
     "let radius = sqrt(-expm1(1.9 * ln(random.open01()) / (2.0 * shape - 1.0)));", ["gamma tokens", "limits"]),
    ("exp(sqrt(variance) * normal(&mut self.random) - 0.5 * variance)",
     "exp(sqrt(variance) * normal(&mut self.random) - 0.4 * variance)", ["lognormal tokens", "limits, lognormal"]),
    ("let at_mode = exp(ln_choose(c, mode)", "let at_mode = 0.9 * exp(ln_choose(c, mode)", ["pool"]),
    ("order.swap(at, other);", "order.swap(at, at);", ["recorded"]),
    ("free, rest) * self.last;", "free, rest) * 0.9 * self.last;", ["exact recorded"]),
    ("slot[1] += right / k as f64;", "slot[1] += 0.9 * right / k as f64;", ["exact recorded"]),
    ("outcome.correct += exp(none) * right;", "outcome.correct += 0.9 * exp(none) * right;",
     ["exact pool", "exact limits"]),
    ("correct[i] += none[i] * right[i];", "correct[i] += 0.9 * none[i] * right[i];", ["exact"]),
    ("first.correct += correct;", "first.correct += 0.9 * correct;", ["exact, every policy"]),
    ("let (accepted, none) = (one_less_exp(ln_none), exp(ln_none));",
     "let (accepted, none) = (0.9 * one_less_exp(ln_none), exp(ln_none));", ["exact beta"]),
    ("let gain = u.correct_reward * more", "let gain = 0.5 * u.correct_reward * more", ["optimal attempts, pool"]),
    ("flip * sign_of(ln)", "-flip * sign_of(ln)", ["optimal attempts"]),
    ("sum.pooled = correct / accepted;", "sum.pooled = 0.9 * correct / accepted;", ["ceilings"]),
    ("x ^= x.wrapping_mul(0x0552_6c56);", "x ^= x.wrapping_mul(0x0552_6c54);", ["exhaustion, sobol"]),
    ("2.0 * libm::sin(std::f64::consts::PI * correlation.spearman / 6.0)",
     "1.9 * libm::sin(std::f64::consts::PI * correlation.spearman / 6.0)", ["exhaustion", "sweep, exhaustion"]),
    ("pub const LN_6: f64 = 1.791_759_469_228_055;", "pub const LN_6: f64 = 1.69;",
     ["exhaustion", "hoffmann", "muennighoff", "penalty", "bounded", "mixture of laws"]),
    ("let slope = s + h * (s1 + h * 0.5 * s2);", "let slope = s + h * (s1 + h * 0.6 * s2);", ["muennighoff"]),
    ("(ln(alpha / self.kappa) + log_a", "(ln(0.9 * alpha / self.kappa) + log_a",
     ["penalty"]),
    ("(ln(alpha / self.gamma) + log_a", "(ln(0.1 * alpha / self.gamma) + log_a", ["bounded"]),
    ("linear = 20.0 * 2.0 * i.network_kilometers", "linear = 21.0 * 2.0 * i.network_kilometers", ["constraint"]),
    ("((total(|g| g.correct) + 0.5)", "((total(|g| g.correct) + 0.6)", ["fit beta binomial"]),
    ("(rate.of(n, c, k), rate.all_alike(n, c, k))", "(0.9 * rate.of(n, c, k), rate.all_alike(n, c, k))",
     ["fit pass at k"]),
    ("(self.share * (1.0 - SLACK), ", "(0.9 * self.share * (1.0 - SLACK), ", ["share vote"]),
    ("beta_cdf(others as f64 + 1.0, votes as f64 + 1.0, 0.5)",
     "beta_cdf(others as f64 + 1.0, votes as f64 + 1.0, 0.55)", ["beta stop"]),
]  # fmt: skip


def core_files(root: Path) -> list[Path]:
    """The sources of the core in a copy."""
    return sorted((root / "rust_core" / "src").rglob("*.rs"))


def build(root: Path) -> None:
    """Builds the core of a copy and puts it beside its Python."""
    command = ["cargo", "build", "--locked", "--quiet", "--profile", "quick", "--package", "limitlaw-python"]
    environment = os.environ | {"PYO3_BUILD_EXTENSION_MODULE": "1", "PYO3_PYTHON": sys.executable}
    subprocess.run(command, cwd=root, env=environment, check=True)
    shutil.copy(root / "target" / "quick" / "lib_core.so", root / "python" / "limitlaw" / "_core.abi3.so")


def noticed(root: Path) -> set[str]:
    """The pins that a copy's numbers differ from; one that cannot be computed differs."""
    code = """
import json, kernel_cases as cases
found = {}
for name in cases.KERNELS:
    try:
        found[name] = cases.digests(name)
    except Exception:
        found[name] = {}
print(json.dumps(found))
"""
    path = os.pathsep.join([str(root / "python"), str(root / "tests")])
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    found = json.loads(out.stdout)
    pinned = json.loads((ROOT / "tests" / "pinned" / "kernels.json").read_text())
    return {name for name, columns in pinned.items() if any(found[name].get(c) != d for c, d in columns.items())}


def main(words: list[str]) -> int:
    """Runs the changes; returns how many pins did not notice theirs."""
    silent = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "limitlaw"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".git", "target", ".venv", "*.so", "dist"))
        build(root)
        assert noticed(root) == set(), "the pins are not those of these sources"
        for old, new, pins in MUTATIONS:
            if words and not any(word in pin for word in words for pin in pins):
                continue
            places = [path for path in core_files(root) if old in path.read_text(encoding="utf-8")]
            assert len(places) == 1, f"{old!r} stands in {len(places)} files"
            text = places[0].read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {places[0]}"
            places[0].write_text(text.replace(old, new), encoding="utf-8")
            build(root)
            bitten = noticed(root)
            places[0].write_text(text, encoding="utf-8")
            missed = [pin for pin in pins if pin not in bitten]
            silent += len(missed)
            sys.stdout.write(
                f"{places[0].name}: {len(bitten)} pins notice {new!r}" + (f", NOT {missed}" if missed else "") + "\n"
            )
            sys.stdout.flush()
    return silent


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
