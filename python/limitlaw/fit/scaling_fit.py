"""What a fitted scaling law says: coefficients, how well the data know them, losses and allocations with intervals."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from limitlaw import _core
from limitlaw._arguments import as_column, as_confidence, as_floats, as_frame, together
from limitlaw._elementary import exp, lengths, log, right_singular
from limitlaw._inputs import html_of
from limitlaw._unused import warn_unused
from limitlaw.errors import MisfitWarning
from limitlaw.exhaustion.allocation import optimal_allocation
from limitlaw.exhaustion.law import Law, MixtureLaw
from limitlaw.exhaustion.prior import LawParameters, RowsLawParameters
from limitlaw.fit.design import Design
from limitlaw.fit.fitted_coefficients import BASE, as_law_of, runs_off
from limitlaw.fit.one_run import scatter
from limitlaw.fit.training_runs import Runs, check_units

Array = npt.NDArray[np.float64]
#: Residuals beyond so many robust standard deviations are called outliers.
_FAR = 5.0
#: The standard deviation of a normal over its median absolute deviation.
_NORMAL_MAD = 1.4826


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class ScalingFit:
    """A scaling law as runs show it; made by :func:`fit_scaling_law`.

    Attributes:
        form: The name of the law.
        objective: ``sum w huber(ln L - ln loss)`` at the estimate.
        names: The coefficients.
        other_minima: Of the objective: (its value, coefficients), the lower first. Values close to ``objective`` say
            that the data hardly tell them apart.
    """

    form: str
    objective: float
    runs: Runs
    names: tuple[str, ...]
    fixed: tuple[str, ...]
    coefficients: Array
    table: Array
    fitted: Array
    gradients: Array
    other_minima: tuple[tuple[float, tuple[float, ...]], ...]
    log_vocabulary: float
    confidence: float
    seed: str | None
    design: Design

    def __repr__(self) -> str:
        told = zip(self.names, self.coefficients, strict=True)
        values = ", ".join(f"{n}=null" if n in self.untold else f"{n}={v:.4g}" for n, v in told)
        return f"ScalingFit({self.form}: {values}; {len(self.runs.loss)} runs, {len(self.table)} resamples)"

    def _repr_html_(self) -> str:
        return html_of(f"ScalingFit: {self.form}, {len(self.runs.loss)} runs", self.estimates.drop("seed"))

    @property
    def untold(self) -> tuple[str, ...]:
        """Coefficients that no losses of runs of these sizes would tell; they are null, with what rests on them.

        A scale, an exponent and E take three sizes: of runs at two sizes other exponents give the same losses. Sizes
        within 1 % are one. Where tokens follow a power of parameters within 2 % the two terms could change places.
        """
        return self.design.untold

    @functools.cached_property
    def estimates(self) -> pl.DataFrame:
        """A row per ``quantity`` with ``estimate``, ``low``, ``high`` (percentiles over resamples) and a ``note``.

        Coefficients by name (logarithms are natural; of E = 0 it is -50), and ``parameters_exponent``, beta / (alpha +
        beta): with unlimited data the optimal N grows as C to this power. Null is what the runs cannot tell
        (:attr:`untold`). Then ``runs``, ``clusters`` (of positive weight; runs where none are named), ``bootstrap``,
        ``confidence``, ``seed``.
        """
        values, table, names = self.coefficients, self.table, list(self.names)
        if {"alpha", "beta"} <= set(names):
            a, b = names.index("alpha"), names.index("beta")
            values = np.append(values, values[b] / (values[a] + values[b]))
            table = np.column_stack([table, table[:, b] / (table[:, a] + table[:, b])])
            names.append("parameters_exponent")
        rows: list[tuple[str, float | None, float | None, float | None, str | None]] = []
        for i, name in enumerate(names):
            if name in self.untold or (name not in self.names and {"alpha", "beta"} & set(self.untold)):
                rows.append((name, None, None, None, f"the runs cannot tell: {self.design.reason}"))
                continue
            low, high = self._ends(table[:, i]) if name not in self.fixed else (None, None)
            rows.append((name, float(values[i]), low, high, self._note(name)))
        schema = {"quantity": pl.String, **dict.fromkeys(("estimate", "low", "high"), pl.Float64), "note": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            runs=pl.lit(len(self.runs.loss)),
            clusters=pl.lit(self.runs.independent),
            bootstrap=pl.lit(len(self.table)),
            confidence=pl.lit(self.confidence),
            seed=pl.lit(self.seed, pl.String),
        )

    @functools.cached_property
    def modes(self) -> pl.DataFrame:
        """The resamples by what runs off, most of them first.

        A row per ``run_off`` (names of coefficients, or ``"none"``), with its ``share``, and ``quantity``, with the
        ``median``, ``low`` and ``high`` among them. A repetition constant runs off above 100, where four epochs count
        as more than 3.95; an exponent at the least of its range or above 2; ln E where E is 0. An interval over all
        resamples would join modes that may have nothing between them.
        """
        off = np.column_stack([runs_off(name, self.table[:, i]) for i, name in enumerate(self.names)])
        known = [name for name in self.names if name not in self.fixed + self.untold]
        off &= np.isin(self.names, known)
        labels = [", ".join(np.asarray(self.names)[row]) or "none" for row in off]
        rows = []
        for label in sorted(set(labels), key=lambda one: (-labels.count(one), one)):
            part = self.table[np.asarray(labels) == label]
            for i, name in enumerate(self.names):
                if name in known:
                    low, high = self._ends(part[:, i])
                    rows.append((label, len(part) / len(labels), name, float(np.median(part[:, i])), low, high))
        names = ("run_off", "share", "quantity", "median", "low", "high")
        schema = {name: pl.String if name in ("run_off", "quantity") else pl.Float64 for name in names}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @functools.cached_property
    def law(self) -> Law:
        """The estimate as a law.

        Raises:
            ValueError: It is an envelope, which is no law of parameters and tokens, or there are :attr:`untold`
                coefficients.
        """
        self._check_law()
        return self._law

    @functools.cached_property
    def laws(self) -> MixtureLaw:
        """The law with its uncertainty: one per resample, each as likely.

        For ``law`` of a scenario, ``ll.loss`` and ``ll.optimal_allocation``.

        Raises:
            ValueError: It is an envelope, there is no bootstrap, or there are :attr:`untold` coefficients.
        """
        self._check_law()
        if not len(self.table):
            raise ValueError("bootstrap must be above 0 for a law with its uncertainty, got 0: law is the estimate")
        return self._laws

    @functools.cached_property
    def parameters(self) -> RowsLawParameters:
        """The base of each resample as ``law_parameters`` of a scenario; of the estimate where there is no bootstrap.

        Raises:
            ValueError: It is an envelope, or there are :attr:`untold` coefficients.
        """
        self._check_law()
        rows = self.table if len(self.table) else self.coefficients[None, :]
        return LawParameters.rows(rows[:, [self.names.index(name) for name in BASE]])

    @functools.cached_property
    def draws(self) -> pl.DataFrame:
        """Coefficients of each resample, a row each; null where the runs cannot tell them."""
        found = pl.DataFrame(dict(zip(self.names, self.table.T, strict=True)))
        return found.with_columns(pl.lit(None, pl.Float64).alias(name) for name in self.untold)

    @functools.cached_property
    def residuals(self) -> pl.DataFrame:
        """The runs in their order: their columns, ``fitted`` loss, ``residual`` = ln(loss / fitted), and ``outlier``.

        An outlier lies beyond five robust standard deviations; it stays in the fit, where Huber's loss limits its pull.
        """
        runs = self.runs
        sizes = {name: getattr(runs, name) for name in runs.names if name not in ("loss", "unique_tokens", "compute")}
        if runs.unique is not None:
            sizes["unique_tokens"] = runs.unique
        residual = log(runs.loss / self.fitted)
        far = np.abs(residual - np.median(residual)) > _FAR * max(self._spread, 1e-12)
        columns = sizes | {"compute": runs.compute, "loss": runs.loss, "fitted": self.fitted, "residual": residual}
        return pl.DataFrame(columns).with_columns(outlier=pl.Series(far))

    @functools.cached_property
    def conditioning(self) -> pl.DataFrame:
        """Which combinations of coefficients the data know, the worst first.

        A row per direction: ``condition_index`` (Belsley, Kuh and Welsch 1980: the largest singular value of the
        gradients of ln L, each scaled to length 1, over this one; above 30 the coefficients along it are known together
        only), ``direction`` in words, and per coefficient by how much it moves along the direction within one standard
        error of the fit (of E and of repetition constants their natural logarithm).
        """
        free = [i for i, n in enumerate(self.names) if n not in self.fixed and np.any(self.gradients[:, i] != 0.0)]
        jacobian = self.gradients[:, free] * np.sqrt(self.runs.weights / self.runs.weights.mean())[:, None]
        scale = lengths(jacobian, axis=0)
        sizes, ways = right_singular(jacobian / scale)
        names = [self.names[i] for i in free]
        rows = []
        for size, way in zip(sizes[::-1], ways[::-1], strict=True):
            step = way / scale * self._spread / max(size, 1e-300)
            step = step * (1.0 if step[np.abs(way).argmax()] >= 0 else -1.0)
            main = [k for k in np.argsort(-np.abs(way), kind="stable") if abs(way[k]) > 0.3]  # noqa: PLR2004
            words = ", ".join(f"{names[k]} {step[k]:+.2g}" for k in main)
            rows.append(
                {
                    "condition_index": float(sizes[0] / max(size, 1e-300)),
                    "direction": words,
                    **dict(zip(names, step.tolist(), strict=True)),
                }
            )
        return pl.DataFrame(rows)

    def predict(self, frame: pl.DataFrame, *, confidence: float | None = None) -> pl.DataFrame:
        """Losses of other runs under the law, with two intervals.

        Args:
            frame: One row per run, with the columns the fit was given (without the loss). Where it has no column of
                unique tokens, all are unique.
            confidence: Of the intervals, in (0, 1); the fit's unless given.

        Returns:
            The frame with ``predicted`` (the estimate), ``low`` and ``high`` (what the law is there, over resamples),
            ``run_low`` and ``run_high`` (where a single run is: residuals, beyond the outermost Student's t, on top of
            the resampled laws). All are null of runs whose loss rests on what the runs of the fit cannot tell.

        Raises:
            ValueError: A column is missing, or a value is not positive.

        Warns:
            MisfitWarning: Losses are null.
            UnitsWarning: Numbers look like billions, or like the wrong column.
        """
        frame = as_frame(frame, "frame")
        level = self.confidence if confidence is None else as_confidence(confidence)
        names = self.runs.names
        wanted = [n for n in names if n not in ("loss", "unique_tokens")]
        columns = {n: as_floats(as_column(frame, n, names[n], of="numbers"), n, 1e-6, 1e100) for n in wanted}
        if "unique_tokens" in names and names["unique_tokens"] in frame.columns:
            unique = as_column(frame, "unique_tokens", names["unique_tokens"], of="numbers")
            columns["unique_tokens"] = as_floats(unique, "unique_tokens", 1e-6, 1e100)
        check_units(columns, np.empty(0))
        if self.form == "envelope":
            x = columns["compute"] if "compute" in columns else 6.0 * columns["parameters"] * columns["tokens"]
            predicted, ends = self._envelope(x, self._noise, level)
            told = self.design.tells(x, np.ones(len(x)), np.ones(len(x)))
        else:
            n, d = columns["parameters"], columns["tokens"]
            u = columns.get("unique_tokens", d)
            predicted = _core.law_losses(self._law.wire()[0], n, d, u)["loss"]
            ends = {}
            if len(self.table):
                found = _core.law_losses(self._laws.wire()[0], n, d, u, level, self._noise.tolist())
                ends = {"low": found["loss_low"], "high": found["loss_high"]}
                ends |= {"run_low": found["run_low"], "run_high": found["run_high"]}
            told = self.design.tells(n, d, u)
        if ends:
            # Where residuals are 0 they say less than the resampled laws do.
            ends["run_low"] = np.minimum(ends["run_low"], ends["low"])
            ends["run_high"] = np.maximum(ends["run_high"], ends["high"])
        if not told.all():
            self._warn_untold(f"{int((~told).sum())} of {len(told)} losses are null")
        said = {"predicted": predicted, **dict.fromkeys(("low", "high", "run_low", "run_high")), **ends}
        null = pl.lit(None, pl.Float64)
        known = pl.lit(pl.Series(told))
        return frame.with_columns(
            **{n: null if v is None else pl.when(known).then(pl.lit(pl.Series(v))) for n, v in said.items()}
        )

    def optimal_allocation(
        self, compute: npt.ArrayLike, *, unique_tokens: npt.ArrayLike | None = None, confidence: float | None = None
    ) -> pl.DataFrame:
        """The compute-optimal run under the estimate, with intervals over the resampled laws.

        Args:
            compute: C, FLOP, from 6 to 1e100; a number or an array.
            unique_tokens: U, which broadcasts with it; unlimited unless given.
            confidence: Of the intervals, in (0, 1); the fit's unless given.

        Returns:
            One row per pair: ``compute``, ``unique_tokens`` (null: unlimited), and each with ``_low`` and ``_high``
            beside it: ``parameters``, ``tokens``, ``epochs``, ``tokens_per_parameter``, ``loss``, ``lost_compute``; all
            of these null where the runs cannot tell the law (:attr:`untold`).

        Raises:
            ValueError: An argument is out of range, or the fit is an envelope.

        Warns:
            MisfitWarning: The runs cannot tell the law.
            UnusedSettingWarning: The best run takes more than ``unique_tokens``, and the law counts repeats in full.
        """
        level = self.confidence if confidence is None else as_confidence(confidence)
        unlimited = unique_tokens is None
        c, u = together(
            compute=as_floats(compute, "compute", 6.0, 1e100),
            unique_tokens=as_floats(1e100 if unlimited else unique_tokens, "unique_tokens", 1.0, 1e100),
        )
        self._check_form()
        best = optimal_allocation(c, u, self._law)
        untold = bool(set(self.untold) & set(BASE) if unlimited else self.untold)
        if untold:
            self._warn_untold("the allocation is null")
            best = best.with_columns(pl.lit(None, pl.Float64).alias(n) for n in best.columns[2:])
        elif self.form == "chinchilla" and bool((best["epochs"] > 1.0).any()):
            warn_unused("optimal_allocation", {"unique_tokens": "a fit with law='muennighoff', which knows repeats,"})
        ends = optimal_allocation(c, u, self._laws, confidence=level) if len(self.table) and not untold else None
        columns: dict[str, Any] = {"compute": best["compute"]}
        columns["unique_tokens"] = (
            pl.Series([None] * best.height, dtype=pl.Float64) if unlimited else best["unique_tokens"]
        )
        for name in ("parameters", "tokens", "epochs", "tokens_per_parameter", "loss", "lost_compute"):
            columns[name] = best[name]
            for end in ("low", "high"):
                none = pl.Series([None] * best.height, dtype=pl.Float64)
                columns[f"{name}_{end}"] = none if ends is None else ends[f"{name}_{end}"]
        return pl.DataFrame(columns)

    @functools.cached_property
    def _law(self) -> Law:
        return as_law_of(self.form, dict(zip(self.names, self.coefficients, strict=True)), self.log_vocabulary)

    @functools.cached_property
    def _laws(self) -> MixtureLaw:
        rows = [dict(zip(self.names, row, strict=True)) for row in self.table.tolist()]
        laws = tuple(as_law_of(self.form, row, self.log_vocabulary) for row in rows)
        return MixtureLaw(laws=laws, weights=(1.0,) * len(laws))

    @functools.cached_property
    def _noise(self) -> Array:
        """What one run lies off the law, in ln loss, one for each resample."""
        residual = log(self.runs.loss / self.fitted)[self.runs.weights > 0]
        free = len(self.names) - len(self.fixed)
        return scatter(residual, coefficients=free, independent=self.runs.independent, points=max(len(self.table), 1))

    @functools.cached_property
    def _spread(self) -> float:
        """The robust standard deviation of residuals."""
        residual = log(self.runs.loss / self.fitted)
        return float(_NORMAL_MAD * np.median(np.abs(residual - np.median(residual))))

    def _ends(self, values: Array, confidence: float | None = None) -> tuple[float | None, float | None]:
        if not len(values):
            return None, None
        tail = 0.5 * (1.0 - (self.confidence if confidence is None else confidence))
        low, high = np.quantile(values, [tail, 1.0 - tail])
        return float(low), float(high)

    def _note(self, name: str) -> str | None:
        if name in self.fixed:
            return "fixed"
        if name not in self.names:
            return None
        i = self.names.index(name)
        notes = ["the estimate runs off"] if runs_off(name, self.coefficients[i : i + 1])[0] else []
        share = float(runs_off(name, self.table[:, i]).mean()) if len(self.table) else 0.0
        notes += [f"{share:.0%} of resamples run off" if share >= 0.005 else "few resamples run off"] if share else []  # noqa: PLR2004
        return "; ".join(notes) or None

    def _envelope(self, compute: Array, noise: Array, level: float) -> tuple[Array, dict[str, Array]]:
        def losses(row: Array) -> Array:
            log_a, log_e, alpha = row
            found: Array = exp(log_e) + exp(log_a - alpha * log(compute))
            return found

        ends: dict[str, Array] = {}
        if len(self.table):
            tails = [0.5 * (1.0 - level), 0.5 * (1.0 + level)]
            drawn = np.stack([losses(row) for row in self.table])
            factors = exp(noise)[:, None]
            (ends["low"], ends["high"]) = np.quantile(drawn, tails, axis=0)
            (ends["run_low"], ends["run_high"]) = np.quantile(drawn * factors, tails, axis=0)
        return losses(self.coefficients), ends

    def _check_form(self) -> None:
        if self.form == "envelope":
            raise ValueError("law must be one of parameters and tokens here, got 'envelope': fit law='chinchilla'")

    def _check_law(self) -> None:
        self._check_form()
        if self.untold:
            raise ValueError(f"fit must tell all coefficients for a law, got {self.unknown}")

    @property
    def unknown(self) -> str:
        """What the runs cannot tell, in words; empty where they tell everything."""
        words = f"runs that cannot tell {', '.join(self.untold)}: {self.design.reason} (fix some, or add runs)"
        return words if self.untold else ""

    def _warn_untold(self, what: str) -> None:
        warnings.warn(f"{what}, from {self.unknown}", MisfitWarning, stacklevel=3)
