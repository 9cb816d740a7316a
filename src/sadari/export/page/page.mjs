// What people see of the page that `sadari export --to html` writes. It stands in one script, behind what it imports.

import { PageModel } from "./model.mjs";
import { ColouredWords, decoded, drawBars, made, offer, parseCsv, percent, save, takeFiles, whole, writtenCsv } from "./view.mjs";
import { CareChoices, labelCell, NOTES, saidOfSet, saidWithCare, SCOPE, SETS } from "./withheld.mjs";

/** What care can be asked for: what the model has thresholds for. */
class KeptCare extends CareChoices {
  constructor(kept) {
    super();
    this.kept = kept;
    for (const { value } of [...this.by.options]) if (value && !Object.keys(kept[value]).length) this.by.querySelector(`[value=${value}]`).remove();
    this.sets.closest("label").hidden = !(SETS in kept.sets);
    this.scope.closest("label").hidden = !(SCOPE in kept.scope);
  }

  suggest(usual) {
    const shares = Object.keys(this.kept[this.by.value] ?? {}).map((share) => Math.round(100 * share));
    offer(this.share, shares.map((share) => [share, share]));
    this.share.value = shares.findLast((share) => share <= usual) ?? shares[0];
  }
}

/** What people see. */
class Page {
  constructor(model, say) {
    Object.assign(this, { model, say, chosen: null, table: null });
    const get = (id) => document.getElementById(id);
    const ids = ["text", "bars", "note", "answer", "careful", "set", "file", "drop", "column", "head", "rows", "progress", "save", "filter", "noted", "sure", "found", "result"];
    this.at = Object.fromEntries(ids.map((id) => [id, get(id)]));
    this.care = model.data.care && new KeptCare(model.data.care);
    this.words = new ColouredWords(get("words"), get("figures"));
    this.at.text.value = new URLSearchParams(location.hash.slice(1)).get("text") ?? ""; // page.html#text=…
    this.listen();
    this.show();
    document.body.dataset.ready = "yes";
  }

  listen() {
    const { text, file, drop, column, filter, noted, sure, save } = this.at;
    let waiting = 0;
    text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => this.show(), 60); });
    takeFiles(drop, file, (given) => this.read(given));
    column.addEventListener("change", () => this.classify());
    this.care?.onChange(() => { this.show(); if (this.table) this.classify(); });
    for (const each of [filter, noted]) each.addEventListener("change", () => this.list());
    sure.addEventListener("input", () => this.list());
    save.addEventListener("click", () => this.download());
  }

  /** An answer, with the care that is asked for. */
  answer(text) {
    const answer = this.model.answer(text);
    return { ...answer, ...this.model.careful(answer, this.care?.asked(this.model.data.several) ?? {}) };
  }

  show() {
    const text = whole(this.at.text.value), { labels } = this.model, { several } = this.model.data;
    const answer = this.answer(text), { probabilities, told } = answer;
    this.at.note.textContent = text.trim() === "" ? this.say("empty") : told ? "" : this.say("unknown");
    this.at.careful.textContent = saidWithCare(answer, this.say);
    this.at.set.textContent = saidOfSet({ set: answer.set, probs: probabilities }, labels, several, this.say);
    this.at.answer.classList.toggle("unsure", answer.unsure ?? false);
    const beside = this.model.reader.beside(probabilities);
    const choose = (k) => { this.chosen = k; this.show(); };
    const sure = (least, k) => (answer.given && !answer.given.includes(labels[k]) ? Infinity : least);
    const least = several && this.model.data.thresholds.map(sure);
    const shown = drawBars(this.at.bars, labels, probabilities, this.chosen, choose, beside, least);
    clearTimeout(this.colouring); // each word costs an answer: they wait until nobody types
    const explained = () => (told ? this.model.explain(text.slice(0, 20_000)) : []);
    this.colouring = setTimeout(() => this.words.draw(explained(), labels, shown), 250);
  }

  async read(file) {
    const rows = parseCsv(decoded(new Uint8Array(await file.arrayBuffer())));
    if (rows.length < 2) {
      this.at.found.textContent = this.say("no_rows");
      return;
    }
    const [head, ...body] = rows;
    const lengths = head.map((_, column) => body.slice(0, 100).reduce((sum, row) => sum + (row[column] ?? "").length, 0));
    const named = head.findIndex((name) => /^(text|글|내용|질문|문장|title|제목)$/i.test(name.trim()));
    this.table = { name: file.name, head, body };
    this.at.column.replaceChildren(...head.map((name, column) => made("option", { value: column, textContent: name })));
    this.at.column.value = named >= 0 ? named : lengths.indexOf(Math.max(...lengths));
    await this.classify();
  }

  async classify() {
    const table = this.table, column = Number(this.at.column.value), { progress, result, filter, noted } = this.at;
    const run = (this.run = {});
    Object.assign(progress, { max: table.body.length, value: 0, hidden: false });
    result.hidden = false;
    table.answers = [];
    let paused = performance.now();
    for (const row of table.body) {
      table.answers.push(asRow(whole(row[column] ?? ""), this.answer(whole(row[column] ?? ""))));
      if (performance.now() - paused > 40) {
        progress.value = table.answers.length;
        await new Promise((resume) => setTimeout(resume));
        if (this.run !== run) return; // another file or column was chosen meanwhile
        paused = performance.now();
      }
    }
    progress.hidden = true;
    const labels = [...new Set(table.answers.map(({ label }) => label))].sort();
    const notes = Object.keys(NOTES).filter((name) => table.answers.some(({ note }) => note === name));
    offer(filter, [["", this.say("all")], ...labels.map((label) => [`=${label}`, label || this.say("none")])]);
    offer(noted, [["", this.say("all")], ...notes.map((note) => [note, this.say(NOTES[note])]), ["none", this.say("note_none")]]);
    document.getElementById("noted-part").hidden = !notes.length;
    table.extra = ["certainty", "set", ...(notes.length ? ["note"] : [])].filter((name) => table.answers[0]?.[name] !== undefined);
    const heads = ["label", "probability", ...table.extra, "text"];
    this.at.head.replaceChildren(...heads.map((name) => made("th", { scope: "col", textContent: this.say(name === "set" ? "set_column" : name) })));
    this.list();
  }

  list(most = 200) {
    if (!this.at.progress.hidden) return; // not yet
    const { body, answers, extra } = this.table, column = Number(this.at.column.value);
    const { filter, noted, sure } = this.at, least = Number(sure.value) / 100;
    const kept = answers.map((answer, row) => ({ ...answer, row })).filter(({ label, note, probability }) =>
      (!filter.value || `=${label}` === filter.value) && (!noted.value || (note || "none") === noted.value) && probability >= least);
    this.at.found.textContent = this.say("rows", { kept: kept.length.toLocaleString(), all: body.length.toLocaleString() });
    const said = { certainty: percent, set: (labels) => labels.join(" · "), note: (note) => (note ? this.say(NOTES[note]) : "") };
    this.at.rows.replaceChildren(...kept.slice(0, most).map((answer) => made("tr", {}, labelCell(answer.label, answer.suggestion),
      made("td", { textContent: percent(answer.probability), className: "number" }),
      ...extra.map((name) => made("td", { textContent: said[name](answer[name]), className: name === "certainty" ? "number" : "" })),
      made("td", { textContent: (body[answer.row][column] ?? "").slice(0, 300), dir: "auto" }))));
  }

  download() {
    const { name, head, body, answers } = this.table;
    const written = { probability: (share) => share.toFixed(4), certainty: (share) => share.toFixed(4), set: (labels) => labels.join(" | ") };
    const added = ["label", "probability", "suggestion", "certainty", "set", "note"].filter((name) => answers.some((answer) => answer[name] !== undefined));
    const rows = body.map((row, i) => [...head.map((_, column) => row[column] ?? ""),
      ...added.map((column) => (written[column] ?? String)(answers[i][column]))]);
    const named = added.map((column) => (column === "label" || head.includes(column) ? `predicted_${column}` : column));
    save(name.replace(/(\.[^.]*)?$/, ".labelled.csv"), [writtenCsv([[...head, ...named], ...rows])]);
  }
}

/** An answer as a row of a table has it: a label that is withheld is a suggestion. */
function asRow(text, { label, probabilities, told, unsure, certainty, given, set, out_of_scope: outside }) {
  const joined = (labels) => [labels].flat().join(" | ");
  const note = told ? (outside ? "out of scope" : unsure ? "unsure" : "") : text.trim() ? "nothing known" : "empty";
  const withheld = unsure === undefined ? {} : { suggestion: unsure ? joined(label) : "" };
  return { label: joined(unsure ? given ?? "" : label), probability: Math.max(...probabilities), ...withheld, certainty, set, note };
}

if (typeof document !== "undefined") {
  const block = (id) => document.getElementById(id).textContent;
  const sentences = JSON.parse(block("say"));
  const say = (name, values = {}) => sentences[name].replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
  try {
    const model = await PageModel.open(block("reading"), block("tables"));
    globalThis.sadari = { model, page: new Page(model, say) };
  } catch (error) {
    document.getElementById("note").textContent = `${say("old")} (${error.message})`;
  }
}
