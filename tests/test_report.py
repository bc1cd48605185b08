"""One offline page: what it says, that nothing in it runs but its own script, and that it works in a real browser."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import limitlaw as ll
from browser import BROWSER, DRIVER, browser
from limitlaw.cli import main

ARROW_RIGHT, ARROW_LEFT, TAB = "\ue014", "\ue012", "\ue004"
#: A name that would end the script, and one that would end an attribute.
HOSTILE = ["</script><script>window.hacked = 1</script>", '"><img src=x onerror="window.hacked = 1">', "\u2028"]
SCENARIO = ll.SamplingScenario(
    tasks=ll.Tasks.counts(attempts=[20, 20, 20], correct=[1, 4, 15], names=HOSTILE),
    verifier=ll.Verifier.rates(false_positive_rate=0.05),
    max_attempts=[1, 2, 3, 5, 10, 30, 100],
    utility=ll.Utility(wrong_cost=2.0),
)
WORLD = ll.ExhaustionScenario.preset("default").replace(years=range(2024, 2041))
LIMITED = SCENARIO.replace(
    max_attempts=None,
    limits=[ll.Limit(cost=c) for c in (1, 2, 5, 10, 20)],
    cost=ll.Cost(output_tokens=1000.0, price_out=1e3),
    utility=ll.Utility(wrong_cost=50.0, correct_reward=100.0),
)


def data_of(page: Path) -> dict:
    """What the page's script reads."""
    found = re.search(
        r'<script type="application/json" id="report-data">(.*?)</script>', page.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    frame = ll.pass_at_k(20, [1, 4, 15], [1, 5, 20])
    return {
        "sampling": ll.report(SCENARIO, folder / "sampling.html", title=HOSTILE[0], command="limitlaw report x"),
        "exhaustion": ll.report(WORLD, folder / "exhaustion.html", trials=200),
        "limits": ll.report(LIMITED, folder / "limits.html"),
        "frame": ll.report(frame, folder / "frame.html"),
    }


def test_the_page_holds_the_numbers_of_the_library(pages: dict[str, Path]) -> None:
    data = data_of(pages["sampling"])["data"]
    controls = {control["name"]: control for control in data_of(pages["sampling"])["controls"]}
    rates = controls["rate"]["values"]
    assert rates[controls["rate"]["start"]] == 0.05
    for at in (0, controls["rate"]["start"], len(rates) - 1):
        exact = ll.solve(SCENARIO.replace(verifier=ll.Verifier.rates(false_positive_rate=rates[at])))
        for name in ("accuracy", "wrong", "attempts_used", "coverage"):
            assert data["points"][at][name] == pytest.approx(exact[name].to_list(), abs=6e-6)
    best = ll.optimal_attempts(SCENARIO, seed=0).row(0, named=True)
    text = pages["sampling"].read_text("utf-8")
    assert f"allow {best['optimal_attempts']} attempts: worth {best['utility']:.3f} per task." in text
    low, high = (best[f"optimal_attempts_{q}"] for q in ("q05", "q95"))
    assert f"would say {low} to {'no limit' if high is None else high} (90 % bootstrap interval over tasks)" in text
    assert f"does not pass {ll.ceilings(SCENARIO)['ceiling_all_tasks'][0]:.1%}" in text
    assert f"settings {SCENARIO.fingerprint()[:8]}" in text
    assert "limitlaw report x" in text


def test_the_page_of_limits_slides_over_the_limits(pages: dict[str, Path]) -> None:
    found = data_of(pages["limits"])
    data, controls = found["data"], {control["name"]: control for control in found["controls"]}
    assert data["attempts"] == controls["attempts"]["values"] == [1, 2, 5, 10, 20]
    assert controls["attempts"]["texts"][2] == "5 of money"
    exact = ll.solve(LIMITED)
    for name in ("accuracy", "wrong", "cost"):
        assert data["points"][controls["rate"]["start"]][name] == pytest.approx(exact[name].to_list(), abs=6e-6)
    best = ll.optimal_attempts(LIMITED, seed=0).row(0, named=True)
    text = pages["limits"].read_text("utf-8")
    assert f"allow {best['optimal_limit']:g} of money" in text
    assert "<h1>How much money is a task worth?</h1>" in text
    mixed = LIMITED.replace(limits=[ll.Limit(cost=1), ll.Limit(tokens=5)])
    with pytest.raises(ValueError, match=r"^subject must have limits of one unit and crossing for a report, got"):
        ll.report(mixed, pages["limits"].with_name("mixed.html"))


def test_the_worlds_of_the_page_are_those_of_the_library(pages: dict[str, Path]) -> None:
    data = data_of(pages["exhaustion"])["data"]
    own = ll.simulate(WORLD, trials=200, seed=0)
    row = own.exhaustion.row(0, named=True)
    assert data["points"][0][0]["median"] == row["q50"]
    assert data["points"][0][0]["never"] == row["p_not_by_horizon"]
    assert f"not by 2040 in {row['p_not_by_horizon']:.0%} of the worlds." in pages["exhaustion"].read_text("utf-8")
    changed = WORLD.replace(
        data_share=0.5, correlations=[c for c in WORLD.correlations if "data_share" not in (c.first, c.second)]
    )
    other = ll.simulate(changed, trials=200, seed=0).exhausted_by.filter(definition="unique_tokens")["probability"]
    controls = data_of(pages["exhaustion"])["controls"]
    at = controls[0]["texts"].index("50%")
    assert data["points"][at][0]["by"]["unique_tokens"] == pytest.approx(other.to_list(), abs=6e-5)


def test_a_corpus_of_ones_own_has_sliders_that_move_it_and_no_warnings(tmp_path: Path) -> None:
    corpus = ll.ExhaustionScenario.preset(
        "corpus", text_stock=1e12, compute=1e22, compute_growth=3, base_year="2025-07", years=range(2025, 2040)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ll.report(corpus, tmp_path / "corpus.html", trials=100)
    found = data_of(tmp_path / "corpus.html")
    assert [control["name"] for control in found["controls"]] == ["growth"]
    assert [len(found["data"]["points"]), len(found["data"]["points"][0])] == [1, 6]
    medians = [point["median"] for point in found["data"]["points"][0]]
    assert len(set(medians)) > 4
    text = (tmp_path / "corpus.html").read_text("utf-8")
    assert "Raw public text at the base year" in text
    assert "at 2024" not in text
    path = ll.ExhaustionScenario.preset("epoch2024", years=range(2024, 2031))
    ll.report(path, tmp_path / "path.html", trials=100)
    assert data_of(tmp_path / "path.html")["controls"] == []


def test_a_page_is_small_and_asks_nothing_of_a_network(pages: dict[str, Path]) -> None:
    for page in pages.values():
        text = page.read_text("utf-8")
        assert len(text.encode()) < 3_000_000
        assert "default-src 'none'" in text
        assert not re.search(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=", text.partition("<script type=")[0])
        assert text.count("</script>") == 3


def test_what_cannot_be_reported_is_refused(tmp_path: Path) -> None:
    for call, message in (
        (lambda: ll.report(SCENARIO, tmp_path / "x.htm"), "^path must end in .html, got 'x.htm'$"),
        (
            lambda: ll.report(5, tmp_path / "x.html"),
            "^subject must be a scenario, a frame or a result of limitlaw, got 5$",
        ),
        (lambda: ll.report(SCENARIO, tmp_path / "x.html", title=5), "^title must be text, got 5$"),
        (lambda: ll.report(SCENARIO, tmp_path / "x.html", trials=1), "^trials must be "),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()
    assert list(tmp_path.iterdir()) == []


def test_any_result_is_a_page_with_its_tables_and_chart_if_it_has_one(tmp_path: Path) -> None:
    tasks = ll.Tasks.counts(attempts=[20, 20, 20], correct=[1, 4, 15])
    judge = ll.fit.fit_judge(score=[1, 2, 3, 4, 5, 2], correct=[0, 1, 0, 1, 1, 0])
    found = ll.recommend(tasks, bootstrap=100, max_attempts=4)
    for name, subject, said in (
        ("inverse", ll.exhaustion.compute_for_loss(ll.Law.besiroglu(), 2.0, 1e12), "<th scope=col>unique tokens</th>"),
        ("judge", judge, "<h2>Estimates</h2>"),
        ("recommended", found, found.text[:60]),
        ("verdicts", ll.check(SCENARIO, min_accuracy=0.1), "accuracy &gt;= 0.1"),
    ):
        text = ll.report(subject, tmp_path / f"{name}.html").read_text("utf-8")
        assert said in text
        assert ("<h2>Picture</h2>" in text) == (name != "inverse")
    assert type(ll.plot(judge.roc)) is type(ll.plot(judge))


def test_the_command_takes_scenarios_counts_results_and_stores(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(SCENARIO.to_json())
    pl.DataFrame({"n": [20, 20], "correct": [1, 15]}).write_csv(tmp_path / "counts.csv")
    ll.solve(SCENARIO).write_parquet(tmp_path / "result.parquet")
    grid = ll.Grid(SCENARIO.replace(max_attempts=[1, 10]), {"verifier.false_positive_rate": [0.0, 0.1]})
    ll.sweep(grid, method="solve", store=tmp_path / "store", progress=False)
    for name in ("s.json", "counts.csv", "result.parquet", "store"):
        out = tmp_path / f"{name}.html"
        result = CliRunner().invoke(main, ["report", str(tmp_path / name), "--out", str(out)])
        assert result.exit_code == 0, result.output
        assert result.stdout == f"page: {out.resolve()}\n"
        assert data_of(out)["charts"]
    for store in (ll.Store(tmp_path / "store"), tmp_path / "store", str(tmp_path / "store")):
        assert data_of(ll.report(store, tmp_path / "called.html")) == data_of(tmp_path / "store.html")
    for no_folder in ("x", tmp_path / "s.json"):
        with pytest.raises(ValueError, match=r"^subject must be a scenario, .* or the folder of a store, got '.*'"):
            ll.report(no_folder, tmp_path / "called.html")
    with pytest.raises(ValueError, match=r"store must be a store .* without manifest\.json"):
        ll.report(tmp_path, tmp_path / "called.html")
    bands = ll.report(ll.ConstraintScenario.epoch2030(), tmp_path / "called.html", trials=200).read_text("utf-8")
    assert "What data, power and chips allow the largest training run: median 1." in bands
    assert "Power binds most often, in 6" in bands
    trend = ll.fit.fit_growth(ll.datasets.epoch_models(), since=2018, bootstrap=50, seed=3)
    assert "Resampled with seed 3." in ll.report(trend, tmp_path / "called.html").read_text("utf-8")
    with pytest.raises(ValueError, match=r"^subject must have rows, got an empty frame"):
        ll.report(ll.solve(SCENARIO).clear(), tmp_path / "called.html")
    wrong = CliRunner().invoke(main, ["report", str(tmp_path / "s.json"), "--out", str(tmp_path / "x.pdf")])
    assert (wrong.exit_code, wrong.output) == (2, "Error: path must end in .html, got 'x.pdf'\n")


def test_notebooks_show_settings_results_and_sweeps() -> None:
    text = SCENARIO.replace(tasks=ll.Tasks.counts(attempts=[9], correct=[1], names=[HOSTILE[0]]))._repr_html_()
    assert "false_positive_rate" in text
    assert "<script" not in text
    world = ll.simulate(WORLD, trials=100, seed=7)._repr_html_()
    assert "effective_stock" in world
    assert "100 draws, seed 7" in world
    grid = ll.Grid(SCENARIO, {"verifier.false_positive_rate": [0.0, 0.1]})
    assert "2 points" in ll.sweep(grid, method="solve", progress=False)._repr_html_()


needs_browser = pytest.mark.skipif(
    DRIVER is None or BROWSER is None, reason="no chromium and chromedriver here: apt-get install chromium-driver"
)


@needs_browser
def test_the_pages_work_in_a_browser(pages: dict[str, Path]) -> None:
    with browser() as page:
        for name, path in pages.items():
            page.open(path)
            page.wait("return document.documentElement.dataset.ready === 'yes'")
            assert page.console() == [], name
            assert page.requests() == [path.as_uri()], name
            assert page.run("return window.hacked") is None
            charts = page.run(
                "return [...document.querySelectorAll('.chart')].map(c => c.querySelectorAll('svg path').length)"
            )
            assert charts, name
            assert min(charts) > 5, name


@needs_browser
def test_a_slider_moves_the_curve_and_the_number(pages: dict[str, Path]) -> None:
    line = "return [...document.querySelectorAll('#chart-shares .mark-line path')].map(p => p.getAttribute('d')).join()"
    status = "return document.getElementById('status').textContent"
    with browser() as page:
        page.open(pages["sampling"])
        page.wait("return document.documentElement.dataset.ready === 'yes'")
        curve, words = page.run(line), page.run(status)
        page.press("#rate", ARROW_RIGHT)
        page.wait(f"return document.getElementById('status').textContent !== {json.dumps(words)}")
        page.wait(f"return (() => {{ {line} }})() !== {json.dumps(curve)}")
        controls = {control["name"]: control for control in data_of(pages["sampling"])["controls"]}
        rate = controls["rate"]["values"][controls["rate"]["start"] + 1]
        told = page.run(
            "return [document.getElementById('rate-text').textContent, document.getElementById('rate').ariaValueText]"
        )
        assert told == [f"{100 * rate:g} %"] * 2
        # The sentence says what the library says.
        page.press("#cost", ARROW_LEFT)
        page.press("#attempts", ARROW_RIGHT)
        cost = controls["cost"]["values"][controls["cost"]["start"] - 1]
        place = controls["attempts"]["start"] + 1
        verifier = ll.Verifier.rates(false_positive_rate=rate)
        exact = ll.solve(SCENARIO.replace(verifier=verifier, utility=ll.Utility(wrong_cost=cost)))
        row = exact.row(place, named=True)
        expected = f"At {row['max_attempts']} attempts: accuracy {100 * row['accuracy']:.1f} %"
        assert page.wait(f"return document.getElementById('status').textContent.includes({json.dumps(expected)})")
        top = exact.sort("utility", descending=True).row(0, named=True)
        best = f"tried {top['max_attempts']} is best, worth {top['utility']:.3f} per task"
        assert best in page.run(status)
        page.open(pages["limits"])
        page.wait("return document.documentElement.dataset.ready === 'yes'")
        page.press("#attempts", ARROW_RIGHT)
        row = ll.solve(LIMITED).row(3, named=True)
        expected = f"At 10 of money: accuracy {100 * row['accuracy']:.1f} %"
        assert page.wait(f"return document.getElementById('status').textContent.includes({json.dumps(expected)})")
        page.open(pages["exhaustion"])
        page.wait("return document.documentElement.dataset.ready === 'yes'")
        words = page.run(status)
        page.press("#share", ARROW_RIGHT)
        page.wait(f"return document.getElementById('status').textContent !== {json.dumps(words)}")
        assert page.console() == []


@needs_browser
def test_a_page_is_read_on_a_telephone_by_keys_and_on_paper(pages: dict[str, Path]) -> None:
    with browser() as page:
        page.open(pages["sampling"])
        page.wait("return document.documentElement.dataset.ready === 'yes'")
        for width in (400, 1400):
            page.resize(width, 900)
            page.wait(f"return window.innerWidth === {width}")
            assert page.run("return document.documentElement.scrollWidth") <= width
            assert (
                page.run("return Math.max(...[...document.querySelectorAll('.chart svg')].map(s => s.clientWidth))")
                <= width
            )
        reached = []
        page.run("document.activeElement.blur()")
        for _ in range(3):
            page.press("body", TAB)
            reached.append(page.run("return document.activeElement.id"))
        assert reached == ["rate", "cost", "attempts"]
        assert page.pdf().startswith(b"%PDF")
        page.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}})
        assert page.run("return getComputedStyle(document.getElementById('rate')).display") == "none"
        assert page.run("return getComputedStyle(document.getElementById('rate-text')).display") != "none"


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_log_of_attempts_becomes_a_page_with_a_recommendation(tmp_path, ending):
    random = np.random.default_rng(1)
    task = np.repeat(np.arange(30), 8)
    correct = random.random(240) < np.repeat(random.beta(1, 1, 30), 8)
    log = pl.DataFrame({"question": task, "right": correct})
    if ending == "csv":  # with verdicts, scores and answers
        answer = np.where(correct, "42", random.integers(0, 4, 240).astype(str))
        more = {"accepted": correct | (random.random(240) < 0.1), "score": random.normal(size=240) + correct}
        log.with_columns(**more, answer=answer).write_csv(tmp_path / "log.csv")
    else:
        log.write_ndjson(tmp_path / "log.jsonl")
    page = tmp_path / "page.html"
    words = ["report", str(tmp_path / f"log.{ending}"), "--task", "question", "--correct", "right", "--out", str(page)]
    ran = CliRunner().invoke(
        main, [*words, "--wrong-cost", "1", *(["--false-positive-rate", "0.1"] * (ending == "jsonl"))]
    )
    assert ran.exit_code == 0, ran.output
    text = page.read_text(encoding="utf-8")
    assert "of the tasks correct [" in text
    assert "What could be done" in text
    assert ("majority_vote" in text) == (ending == "csv")
    assert ("Wrong answers that the verifier accepts" in text) == (ending == "jsonl")
    # One story: charts and their mark are of what is recommended, and verdicts that were recorded have no rates given.
    tasks = ll.Tasks.from_attempts(
        ll.read_attempts(tmp_path / f"log.{ending}"),
        task="question",
        correct="right",
        **({name: name for name in ("accepted", "score", "answer")} if ending == "csv" else {}),
    )
    verifier = None if ending == "csv" else ll.Verifier.rates(false_positive_rate=0.1)
    found = ll.recommend(tasks, verifier, utility=ll.Utility(wrong_cost=1))
    assert found.text[:60] in text
    data = data_of(page)
    assert f"policy {found.policy};" in text
    mark = next(c for c in data["controls"] if c["name"] == "attempts")
    assert mark["values"][mark["start"]] == found.attempts
    assert data["charts"]["shares"]["layer"][0]["data"]["values"] == [{"attempts": found.attempts}]
    assert ("error rates are those given" in text) == (ending == "jsonl")
    assert "the first policy" not in text
    row = found.policies.row(0, named=True)
    at = data["data"]["attempts"].index(found.attempts)
    drawn = next(c["start"] for c in data["controls"] if c["name"] == "rate") if ending == "jsonl" else 0
    assert data["data"]["points"][drawn]["accuracy"][at] == pytest.approx(row["accuracy"], abs=1e-5)
