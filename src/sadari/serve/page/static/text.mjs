// One text: what each model says of it, while it is typed.

import { partsOf } from "./parts.mjs";
import { onLanguage, say } from "./say.mjs";
import { post, showError } from "./server.mjs";
import { ColouredWords, drawBars, made, percent, whole } from "./view.mjs";
import { saidOfSet, saidWithCare } from "./withheld.mjs";

const TYPING = 120, EXPLAINING = 250, READING = 1200, AGAIN = 3000; // ms: of quiet before the next step
const COLOURED = 5_000; // characters
const NOTED = ["empty", "unknown", "cut"]; // of the server's notes, those that care does not say

/** The answer of one model: bars, and the text in colours. */
class Answer {
  constructor(model, place, care, done) {
    Object.assign(this, { model, care, chosen: null, found: null, done, stop: new AbortController(), waiting: 0 });
    this.bars = made("ul", { className: "bars" });
    this.note = made("p", { className: "note" });
    this.set = made("p", { className: "set" });
    this.alert = made("div", { className: "alert" });
    this.alert.setAttribute("role", "alert");
    const box = made("div", { className: "words", id: `words-${place}`, dir: "auto", tabIndex: 0, hidden: true });
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-orientation", "horizontal");
    const figures = made("p", { className: "figures", hidden: true });
    figures.setAttribute("aria-live", "polite");
    this.words = new ColouredWords(box, figures);
    const title = made("h3", {}, made("bdi", { textContent: model.name }), " ", made("span", { className: "rung", textContent: model.rung === model.name ? "" : model.rung }));
    this.part = made("article", { className: "answer" }, title, this.note, this.set, this.alert, this.bars, box, figures);
  }

  /** Asks for bars, then for colours; what was asked before is forgotten. */
  async ask(text) {
    this.stop.abort();
    clearTimeout(this.waiting);
    const { signal } = (this.stop = new AbortController());
    this.part.classList.add("old");
    try {
      const answer = await post("classify", { model: this.model.name, input: text, ...this.care.of(this.model) }, signal);
      const { data: [found] } = await answer.json();
      const noted = answer.headers.get("x-sadari-notes")?.split(":")[1] ?? null;
      this.found = { ...found, text, noted, tokens: null };
      this.draw();
      this.done();
      if (noted !== "empty" && noted !== "unknown") this.waiting = setTimeout(() => this.explain(text, signal), EXPLAINING);
    } catch (error) {
      this.failed(error, text);
    }
  }

  async explain(text, signal) {
    try {
      const shown = whole(text.slice(0, COLOURED));
      const { results: [{ tokens }] } = await (await post("explain", { model: this.model.name, inputs: shown }, signal)).json();
      Object.assign(this.found, { tokens, shown });
      this.draw();
    } catch (error) {
      this.failed(error, text);
    }
  }

  failed(error, text) {
    if (error.name === "AbortError") return;
    showError(this.alert, error);
    if (error.status === 401) document.dispatchEvent(new CustomEvent("token", { detail: error }));
    if ([0, 429, 503].includes(error.status)) this.waiting = setTimeout(() => this.ask(text), error.wait * 1000 || AGAIN);
  }

  draw() {
    if (!this.found) return;
    const { label: best, probs, tokens, shown, unsure, given } = this.found, { labels, multilabel, thresholds } = this.model;
    this.part.classList.remove("old");
    showError(this.alert, null);
    this.note.textContent = this.noted();
    this.set.textContent = saidOfSet(this.found, labels, multilabel, say);
    this.part.classList.toggle("unsure", unsure ?? false);
    const worth = probs.map((share, k) => (labels[k] === best ? 1 + share : share)); // thresholds may give another than the likeliest
    const least = given ? thresholds.map((each, k) => (given.includes(labels[k]) ? each : Infinity)) : thresholds;
    const label = drawBars(this.bars, labels, probs, this.chosen, (k) => { this.chosen = k; this.draw(); }, worth, least);
    this.words.box.setAttribute("aria-label", say("words"));
    this.words.draw(tokens ? partsOf(shown, tokens, labels.length) : [], labels, label);
  }

  /** What there is to know of the answer. */
  noted() {
    const { noted } = this.found, care = saidWithCare(this.found, say);
    const about = NOTED.includes(noted) ? say(noted) : this.model.multilabel ? say("several") : "";
    return [care, about].filter(Boolean).join(" ");
  }

  /** What is said to who does not see the bars. */
  summary() {
    if (!this.found) return "";
    const { label, probs, unsure } = this.found;
    return (unsure ? `${say("unsure")} ` : "") + say("summary", { model: this.model.name, label, share: percent(probs[this.model.labels.indexOf(label)]) });
  }
}

/** The field, and the answers below it. */
export class TextPart {
  constructor(models, care) {
    const get = (id) => document.getElementById(id);
    Object.assign(this, { field: get("text"), place: get("answers"), summary: get("summary"), typing: 0, reading: 0 });
    this.answers = models.map((model, place) => new Answer(model, place, care, () => this.read()));
    this.shown = new Set(this.answers.slice(0, 2));
    get("choice").hidden = models.length < 2;
    get("names").replaceChildren(...(models.length < 2 ? [] : this.answers.map((answer) => this.box(answer))));
    this.field.oninput = () => { clearTimeout(this.typing); this.typing = setTimeout(() => this.ask(), TYPING); };
    care.onChange(() => this.ask());
    onLanguage(() => this.answers.forEach((answer) => answer.draw()));
    this.place.replaceChildren(...[...this.shown].map(({ part }) => part));
    this.ask();
  }

  box(answer) {
    const box = made("input", { type: "checkbox", checked: this.shown.has(answer) });
    box.addEventListener("change", () => {
      this.shown[box.checked ? "add" : "delete"](answer);
      this.place.replaceChildren(...this.answers.filter((each) => this.shown.has(each)).map(({ part }) => part));
      if (box.checked) answer.ask(whole(this.field.value));
    });
    return made("label", { className: "check" }, box, made("bdi", { textContent: answer.model.name }));
  }

  ask() {
    for (const answer of this.shown) answer.ask(whole(this.field.value));
  }

  read() {
    clearTimeout(this.reading);
    this.reading = setTimeout(() => { this.summary.textContent = [...this.shown].map((each) => each.summary()).join(". "); }, READING);
  }
}
