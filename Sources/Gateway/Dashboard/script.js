"use strict";
// Everything shown comes from /status; texts go in as text, never as markup.
const POLL_MS = 1000, WINDOW_S = 120, LEAST_WINDOW_S = 20, RATE_S = 2;
const titles = {
  admission: "Admission", confidence: "Confidence", fallback: "Final scores",
  shadow: "Comparisons",
};
const columns = ["in/s", "out/s", "in", "out", "rejected", "held", "unacked", "partitions", "CPU"];
let history = [];

const $ = (id) => document.getElementById(id);
function node(tag, text, cls) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (cls) element.className = cls;
  return element;
}
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const number = (x) => (Math.abs(x) < 100000 ? whole : short).format(x);
function decimal(x) {
  if (typeof x !== "number") return String(x);
  return x >= 100 ? number(x) : String(Number(x.toPrecision(3)));
}
const rateText = (x) => x === null ? "–" : x > 0 && x < 10 ? x.toFixed(1) : number(x);
const percent = (x) => (100 * x).toFixed(x < 0.1 && x > 0 ? 1 : 0) + " %";
function span(seconds) {
  const s = Math.floor(seconds), pad = (n) => String(n).padStart(2, "0");
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + pad(s % 60) + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + pad(Math.floor(s / 60) % 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s / 3600) % 24 + " h";
}

// Counts of one stage by which rates are taken; null for a stage that runs elsewhere.
const find = (status, stage) => status.stages.find((s) => s.stage === stage) || null;

// The answer against which the newest one is compared: about RATE_S seconds older.
function base(now, from) {
  for (let i = from; i >= 0; i--) {
    if (now.uptimeSeconds - history[i].uptimeSeconds >= RATE_S - 0.5) return history[i];
  }
  return from >= 0 && now.uptimeSeconds > history[0].uptimeSeconds ? history[0] : null;
}
function rate(now, before, stage, key) {
  const a = before && find(before, stage), b = find(now, stage);
  if (!a || !b) return null;
  return Math.max(0, (b[key] - a[key]) / (now.uptimeSeconds - before.uptimeSeconds));
}

function showHeader(s) {
  const ready = $("ready");
  ready.textContent = s.ready ? "ready" : "not ready";
  ready.className = "pill " + (s.ready ? "good" : "bad");
  $("kill").hidden = !s.killSwitch;
  const facts = [["mode", s.mode], ["up", span(s.uptimeSeconds)]];
  if (s.model) {
    facts.splice(1, 0, ["model", s.model.name + "@" + s.model.version],
      ["circuit", s.model.circuit + ", " + s.model.qubits + " qubits"]);
  }
  $("identity").replaceChildren(...facts.map(([name, value]) => {
    const pair = node("div");
    pair.append(node("dt", name), node("dd", value));
    return pair;
  }));
  $("obstacles").hidden = s.reasons.length === 0;
  $("obstacles").replaceChildren(...s.reasons.map((reason) => node("li", reason)));
}

function showTiles(s, before) {
  const tile = (value, name, note) => {
    const card = node("div", undefined, "card tile");
    card.append(node("b", value), node("span", name), node("small", note || "\u00a0"));
    return card;
  };
  const list = [];
  const first = find(s, "ingestion"), last = find(s, "fallback");
  if (first) {
    list.push(tile(rateText(rate(s, before, "ingestion", "received")), "records in / s",
      number(first.received) + " in all"));
  }
  if (last) {
    list.push(tile(rateText(rate(s, before, "fallback", "emitted")), "scores out / s",
      number(last.emitted) + " in all"));
    const total = Object.values(last.decisions).reduce((a, b) => a + b, 0);
    const quantum = (last.decisions.accepted || 0) + (last.decisions.blended || 0) +
      (last.decisions.downgraded || 0);
    list.push(tile(total ? percent(quantum / total) : "–", "served by quantum",
      number(quantum) + " scores"));
  }
  const sum = (key) => s.stages.reduce((a, stage) => a + stage[key], 0);
  list.push(tile(number(sum("rejected")), "rejected", "by all stages"));
  list.push(tile(number(sum("held")), "held open", number(sum("unacknowledged")) + " unacked"));
  const cores = before
    ? (s.cpuSeconds - before.cpuSeconds) / (s.uptimeSeconds - before.uptimeSeconds) : null;
  list.push(tile(cores === null ? "–" : cores.toFixed(2), "cores used", s.residentBytes
    ? (s.residentBytes / 1e6).toFixed(0) + " MB resident" : ""));
  $("tiles").replaceChildren(...list);
}

function showChart(s) {
  const lines = [["ingestion", "received", "records in", "var(--in)"],
    ["fallback", "emitted", "scores out", "var(--out)"]].filter(([stage]) => find(s, stage));
  const end = s.uptimeSeconds, svg = "http://www.w3.org/2000/svg";
  const points = lines.map(([stage, key]) => history.map((now, i) =>
    [now.uptimeSeconds - end, rate(now, base(now, i - 1), stage, key)])
    .filter(([, value]) => value !== null));
  const peak = Math.max(1, ...points.flat().map(([, value]) => value));
  // The window grows with what there is to show.
  const width = Math.max(LEAST_WINDOW_S, end - history[0].uptimeSeconds);
  const x = (t) => (600 * (1 + t / width)).toFixed(1);
  const y = (v) => (148 - 138 * v / peak).toFixed(1);
  const marks = [0.5, 1].map((share) => {
    const line = document.createElementNS(svg, "line");
    const at = { x1: 0, x2: 600, y1: y(peak * share), y2: y(peak * share) };
    for (const [name, value] of Object.entries(at)) line.setAttribute(name, value);
    return line;
  });
  const paths = points.map((list, i) => {
    const path = document.createElementNS(svg, "path");
    path.setAttribute("d", list.map(([t, v], n) => (n ? "L" : "M") + x(t) + " " + y(v)).join(""));
    path.style.stroke = lines[i][3];
    // Where both run alike, the one behind shows through the gaps of the other.
    if (i > 0) path.style.strokeDasharray = "7 5";
    return path;
  });
  $("chart").replaceChildren(...marks, ...paths);
  $("since").textContent = span(width) + " ago";
  $("peak").textContent = "top line: " + rateText(peak) + " / s";
  $("legend").replaceChildren(...lines.map(([, , name, color]) => {
    const label = node("span", name);
    label.style.color = color;
    return label;
  }));
}

function showStages(s, before) {
  $("stages").tBodies[0].replaceChildren(...s.stages.map((stage) => {
    const row = node("tr"), head = node("th", stage.stage);
    head.scope = "row";
    if (stage.state !== "running") {
      head.append(" ", node("small", stage.state, stage.state === "failed" ? "bad" : "warn"));
    }
    const cpu = rate(s, before, stage.stage, "cpuSeconds");
    const values = [
      rateText(rate(s, before, stage.stage, "received")),
      rateText(rate(s, before, stage.stage, "emitted")),
      number(stage.received), number(stage.emitted), number(stage.rejected), number(stage.held),
      number(stage.unacknowledged), number(stage.partitions), cpu === null ? "–" : percent(cpu),
    ];
    row.append(head, ...values.map((value, i) => {
      const cell = node("td", value, i === 4 && stage.rejected > 0 ? "warn" : "");
      cell.dataset.label = columns[i];
      return cell;
    }));
    return row;
  }));
}

function showDecisions(s) {
  const cards = s.stages.filter((stage) => titles[stage.stage]).map((stage) => {
    const card = node("section", undefined, "card");
    const heading = node("h2", titles[stage.stage] + " ");
    heading.append(node("small", "by reason"));
    card.append(heading);
    const list = Object.entries(stage.decisions).sort((a, b) => b[1] - a[1]);
    const total = list.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) card.append(node("div", "none yet", "quiet"));
    for (const [reason, count] of list) {
      const row = node("div", undefined, "reason"), bar = node("i");
      bar.style.width = 100 * count / total + "%";
      row.append(bar, node("span", reason), node("span", number(count)),
        node("span", percent(count / total)));
      card.append(row);
    }
    return card;
  });
  $("decisions").replaceChildren(...cards);
}

function showDevices(s) {
  const box = $("devices").querySelector("div");
  if (s.devices.length === 0) {
    box.replaceChildren(node("div", "no heartbeat yet", "quiet"));
    return;
  }
  box.replaceChildren(...s.devices.map((device) => {
    const list = node("dl", undefined, "device");
    const stale = device.ageSeconds > 10;
    const state = device.state === "online" ? (stale ? "warn" : "good") : "bad";
    const facts = [
      [device.device, device.state + (stale ? ", silent" : ""), state],
      ["queue", number(device.queueDepth) + " circuits"], ["wait", decimal(device.waitMs) + " ms"],
      ["service time", decimal(device.serviceTimeMs) + " ms"],
      ["completed", number(device.completed) + " of " + number(device.submitted)],
      ["failed", number(device.failed), device.failed > 0 ? "warn" : ""],
      ["calibration", device.calibration], ["heartbeat", span(device.ageSeconds) + " ago"],
    ];
    for (const [name, value, cls] of facts) list.append(node("dt", name), node("dd", value, cls));
    return list;
  }));
}

function showLatency(s) {
  const list = Object.entries(s.latencyMs);
  $("latency").hidden = list.length === 0;
  $("misses").textContent = number(s.deadlineMisses || 0) + " deadline misses";
  $("latency").querySelector("tbody").replaceChildren(...list.map(([source, values]) => {
    const row = node("tr"), head = node("th", source);
    head.scope = "row";
    row.append(head, node("td", number(values.count)),
      ...["p50", "p95", "p99", "max"].map((key) => node("td", decimal(values[key]))));
    return row;
  }));
}

function show(s) {
  // A restarted process counts from zero: what was before is another process's.
  if (history.length && s.uptimeSeconds < history[history.length - 1].uptimeSeconds) history = [];
  const before = base(s, history.length - 1);
  history.push(s);
  while (s.uptimeSeconds - history[0].uptimeSeconds > WINDOW_S) history.shift();
  showHeader(s);
  showTiles(s, before);
  showChart(s);
  showStages(s, before);
  showDecisions(s);
  showDevices(s);
  showLatency(s);
}

async function poll() {
  try {
    const answer = await fetch("/status", { cache: "no-store" });
    if (!answer.ok) throw new Error("/status answers " + answer.status);
    show(await answer.json());
    $("age").textContent = "";
  } catch (error) {
    $("ready").textContent = "no answer";
    $("ready").className = "pill bad";
    $("age").textContent = "what is shown is old: " + error.message;
  }
  setTimeout(poll, POLL_MS);
}
poll();
