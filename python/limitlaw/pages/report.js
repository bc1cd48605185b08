const { kind, charts, controls, data } = JSON.parse(document.getElementById("report-data").textContent);
const views = {};
const at = Object.fromEntries(controls.map((c) => [c.name, c.start]));
const byName = Object.fromEntries(controls.map((c) => [c.name, c]));
const percent = (x) => (100 * x).toFixed(1) + " %";

/* Rows of what the sliders say, and a sentence of it. */
const painters = {
  sampling() {
    const rate = "rate" in at ? at.rate : 0;
    const cost = byName.cost.values[at.cost];
    const limit = at.attempts;
    const slice = data.points[rate];
    const shares = [];
    const worth = [];
    let best = { at: 0, utility: 0 };
    data.attempts.forEach((k, i) => {
      for (const name of ["accuracy", "coverage", "precision"]) {
        if (slice[name] && slice[name][i] !== null) shares.push({ attempts: k, value: slice[name][i], series: name });
      }
      const utility = data.reward * slice.accuracy[i] - cost * slice.wrong[i] - data.attempt_cost * slice.attempts_used[i]
        - (slice.cost ? slice.cost[i] : 0);
      worth.push({ attempts: k, value: utility });
      if (utility > best.utility) best = { at: k, utility };
    });
    const chosen = data.attempts[limit];
    const words = best.at === 0
      ? `Of the ${data.tried} tried none is worth it: do not answer.`
      : `Of the ${data.tried} tried ${best.at.toLocaleString("en")} is best, worth ${best.utility.toFixed(3)} per task.`;
    const here = `At ${chosen.toLocaleString("en")} ${data.unit}: accuracy ${percent(slice.accuracy[limit])}, wrong ${percent(slice.wrong[limit])}, worth ${worth[limit].value.toFixed(3)}.`;
    return {
      rows: { shares, worth, mark: [{ attempts: chosen }], best: best.at ? [{ attempts: best.at, value: best.utility }] : [] },
      words: `${words} ${here}`,
    };
  },
  exhaustion() {
    const point = data.points[at.share ?? 0][at.growth ?? 0];
    const rows = [];
    for (const [name, values] of Object.entries(point.by)) {
      data.years.forEach((year, i) => rows.push({ year, value: values[i], series: data.names[name] }));
    }
    const year = point.median === null ? "after the horizon" : point.median.toFixed(1);
    return { rows: { years: rows }, words: `Median year of running out: ${year}; not by the horizon in ${percent(point.never)} of the worlds.` };
  },
  static() { return { rows: {}, words: "" }; },
};

async function paint() {
  const { rows, words } = painters[kind]();
  for (const view of Object.values(views)) {
    for (const [name, values] of Object.entries(rows)) {
      try { view.data(name, values); } catch { continue; } // a chart without that source
    }
    await view.runAsync();
  }
  const status = document.getElementById("status");
  if (status) status.textContent = words;
}

for (const control of controls) {
  const input = document.getElementById(control.name);
  input.addEventListener("input", () => {
    at[control.name] = Number(input.value);
    const text = control.texts[at[control.name]];
    input.setAttribute("aria-valuetext", text);
    document.getElementById(`${control.name}-text`).textContent = text;
    paint();
  });
}

for (const [name, spec] of Object.entries(charts)) {
  const found = await window.vegaEmbed(`#chart-${name}`, spec, { ast: true, renderer: "svg", actions: false });
  views[name] = found.view;
}
await paint();
document.documentElement.dataset.ready = "yes";
