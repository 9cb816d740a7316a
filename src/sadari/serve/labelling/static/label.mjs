// The page of labelling: one text, one keystroke, the next text.

import { drawCurve } from "./curve.mjs";
import { askForToken, begin, get } from "./frame.mjs";
import { figure, onLanguage, say } from "./say.mjs";
import { ask, post, showError } from "./server.mjs";
import { made, percent, save } from "./view.mjs";

const KEYS = "1234567890qwertyiopadfghjkzxcvbm"; // of labels; u, s, n and l are taken
const NEEDED = 8; // texts drawn at random, from which on there is a curve
const LOOKING = 2500; // ms between two looks at what is learned behind the page

let now = null, busy = false;

/** Whether anything changed that is drawn slowly, such as the curve. */
const seen = {};
function changed(name, value) {
  const written = JSON.stringify(value) + document.documentElement.lang;
  const is = seen[name] !== written;
  seen[name] = written;
  return is;
}

// -- what is shown --------------------------------------------------------------------------------------

function draw() {
  if (!now) return;
  drawQuestion();
  drawLabels();
  drawProgress();
  drawModel();
  drawPeople();
}

function drawQuestion() {
  const { question } = now;
  get("why").textContent = question ? [question.row ? say("row", { row: figure(question.row) }) : "", say(`drawn_${question.drawn}`)].filter(Boolean).join(" · ") : "";
  if (changed("text", [question?.key ?? null])) {
    get("text").textContent = question ? question.text : say("done");
    get("text").scrollTop = 0;
  }
  get("said").replaceChildren(...Object.entries(question?.said ?? {}).map(([name, label]) => made("li", { textContent: say("said", { name, label: label ?? say("none") }) })));
  for (const id of ["none", "skip"]) get(id).disabled = !question;
  get("undo").disabled = !now.can_undo;
}

function drawLabels() {
  get("no-labels").hidden = now.labels.length > 0;
  if (!changed("labels", [now.labels, !now.question])) return;
  const held = [...get("labels").children].findIndex((row) => row.contains(document.activeElement));
  get("labels").replaceChildren(...now.labels.map(({ name, meaning, count }, place) => {
    const key = KEYS[place] ?? "";
    const named = made("span", { className: "named" }, made("bdi", { textContent: name }), ...(meaning ? [made("span", { className: "meaning", textContent: meaning })] : []));
    const button = made("button", { type: "button", disabled: !now.question }, made("kbd", { textContent: key.toUpperCase() }), named, made("span", { className: "count", textContent: figure(count) }));
    if (key) button.setAttribute("aria-keyshortcuts", key);
    button.addEventListener("click", () => answer("label", name));
    return made("li", {}, button);
  }));
  if (held >= 0) get("labels").children[held]?.firstChild.focus();
}

function drawProgress() {
  get("as").textContent = say("as", { name: now.name });
  const { label, none, skip } = now.answered;
  get("tally").textContent = say("tally", { label: figure(label), none: figure(none), skip: figure(skip), texts: figure(now.texts) });
}

function drawModel() {
  const { curve, ready, fault } = now, points = curve?.points ?? [], last = points.at(-1);
  get("behind").textContent = fault ? say("behind", { fault }) : ready < 1 ? say("reading", { share: percent(ready) }) : last ? "" : curve && curve.drawn ? say("few_drawn", { drawn: figure(curve.drawn), needed: NEEDED }) : say("waiting");
  get("accuracy").textContent = last ? say("accuracy", { labels: figure(last.labels), share: percent(last.value), low: percent(last.low), high: percent(last.high) }) : "";
  if (changed("curve", points)) get("curve").replaceChildren(...(points.length > 1 ? [drawCurve(points)] : []));
  const share = curve?.changed ?? null;
  get("changed").classList.toggle("enough", Boolean(curve?.enough));
  get("changed").textContent = share === null ? "" : [say("changed", { changed: percent(share) }), curve.enough ? say("enough") : ""].filter(Boolean).join(" ");
}

function drawPeople() {
  const { agreement, disagreements, question } = now;
  get("people").hidden = !agreement.length && !disagreements;
  get("agreement").replaceChildren(...agreement.map(({ name, texts, share, kappa }) => {
    const values = { name, texts: figure(texts), share: percent(share) };
    return made("li", { textContent: kappa ? say("agrees", { ...values, kappa: kappa.value.toFixed(2), low: kappa.low.toFixed(2), high: kappa.high.toFixed(2) }) : say("agrees_bare", values) });
  }));
  get("disagree").textContent = say("disagree", { count: figure(disagreements) });
  const listing = question?.drawn === "listed";
  get("resolve").textContent = say(listing ? "go_on" : "resolve");
  get("resolve").hidden = !listing && !disagreements;
}

function drawGuide() {
  get("guide-part").hidden = !now.guidelines;
  get("guide").textContent = now.guidelines;
}

// -- what is done ---------------------------------------------------------------------------------------

/** Sends what was done, and shows what is there then; meanwhile nothing else is. */
async function send(path, body, heard = "") {
  if (busy) return;
  busy = true;
  try {
    now = await (await post(path, body)).json();
    showError(get("alert"), null);
    draw();
    get("heard").textContent = [heard, now.question?.text ?? say("done")].filter(Boolean).join(" ");
  } catch (error) {
    if (error.status === 401) askForToken(error);
    else showError(get("alert"), error);
  } finally {
    busy = false;
  }
}

function answer(did, label = null) {
  if (!now?.question) return;
  send("label/answer", { key: now.question.key, did, label }, say("given", { label: label ?? say(did) }));
}

const undo = () => send("label/undo", {}, say("taken_back"));

function openForm(wanted) {
  get("new-form").hidden = !wanted;
  get("new").setAttribute("aria-expanded", String(wanted));
  if (wanted) get("new-name").focus();
  else {
    get("new-form").reset();
    get("new").focus();
  }
}

get("none").addEventListener("click", () => answer("none"));
get("skip").addEventListener("click", () => answer("skip"));
get("undo").addEventListener("click", undo);
get("new").addEventListener("click", () => openForm(get("new-form").hidden));
get("new-cancel").addEventListener("click", () => openForm(false));
get("new-form").addEventListener("keydown", (event) => { if (event.key === "Escape") openForm(false); });
get("new-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await send("label/labels", { name: get("new-name").value, meaning: get("new-meaning").value });
  if (!get("alert").textContent) openForm(false);
});
get("resolve").addEventListener("click", () => send("label/disagreements", { wanted: now.question?.drawn !== "listed" }));
get("download").addEventListener("click", async () => {
  try {
    save("labels.csv", [await (await ask("label/table")).blob()]);
  } catch (error) {
    showError(get("alert"), error);
  }
});

/** The letter or digit of a key; where another script is typed (Hangul, say), the one that is printed on it. */
function letterOf({ key, code }) {
  if (/^[\x21-\x7e]$/.test(key)) return key.toLowerCase();
  return code.startsWith("Key") ? code.slice(3).toLowerCase() : code.startsWith("Digit") ? code.slice(5) : "";
}

document.addEventListener("keydown", (event) => {
  if (!now || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const letter = letterOf(event), others = { u: undo, s: () => answer("skip"), n: () => answer("none"), l: () => openForm(true) };
  const place = letter ? KEYS.indexOf(letter) : -1;
  if (others[letter]) others[letter]();
  else if (place >= 0 && place < now.labels.length) answer("label", now.labels[place].name);
  else return;
  event.preventDefault();
});

async function look() {
  if (!busy) {
    try {
      const found = await (await ask("label")).json();
      if (!busy) {
        now = found;
        draw();
      }
    } catch { /* the next answer says what is wrong */ }
  }
  setTimeout(look, LOOKING);
}

async function open() {
  now = await (await ask("label")).json();
  get("asking").hidden = false;
  drawGuide();
  draw();
  setTimeout(look, LOOKING);
}

onLanguage(() => { for (const name of Object.keys(seen)) delete seen[name]; draw(); });
begin(open, look);
