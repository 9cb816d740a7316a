// A file of texts: sent, labelled, shown as a table, and saved.

import { figure, onLanguage, say, size } from "./say.mjs";
import { ask, Refused, showError } from "./server.mjs";
import { CsvReader, decoded, made, offer, parseCsv, percent, save, takeFiles, writtenCsv } from "./view.mjs";
import { labelCell, NOTES } from "./withheld.mjs";

const SHOWN = 100; // rows more at a time
const HEAD = 1 << 16; // bytes in which the head of a file lies

export class FilePart {
  constructor(models, limits, care) {
    const get = (id) => document.getElementById(id);
    const ids = ["drop", "file", "by", "column", "skip", "working", "progress", "stop", "found", "result", "filter", "noted", "least", "most", "save", "more", "head", "rows"];
    Object.assign(this, { models, limits, care, given: null, table: null, at: Object.fromEntries(ids.map((id) => [id, get(id)])) });
    this.alert = get("file-alert");
    get("by-part").hidden = models.length < 2;
    this.at.by.replaceChildren(...models.map(({ name }) => made("option", { value: name, textContent: name })));
    takeFiles(this.at.drop, this.at.file, (file) => this.take(file));
    for (const each of [this.at.by, this.at.column, this.at.skip]) each.addEventListener("change", () => this.given && this.label());
    care.onChange(() => this.given && this.label());
    for (const each of [this.at.filter, this.at.noted, this.at.least, this.at.most]) each.addEventListener("input", () => this.list());
    this.at.stop.addEventListener("click", () => this.running?.abort());
    this.at.more.addEventListener("click", () => this.list(this.at.rows.children.length + SHOWN));
    this.at.save.addEventListener("click", () => this.download());
    onLanguage(() => { this.columns(); this.table?.done && this.fill(); });
  }

  async take(file) {
    this.given = { file, names: await columnsOf(file) };
    this.at.column.value = "";
    this.columns();
    await this.label();
  }

  columns() {
    const { column } = this.at, names = this.given?.names ?? [], before = column.value;
    column.replaceChildren(made("option", { value: "", textContent: say("column_own") }), ...names.map((name) => made("option", { value: name, textContent: name })));
    column.value = names.includes(before) ? before : "";
    document.getElementById("column-part").hidden = !names.length;
  }

  /** Sends the file and reads the answer as it comes. */
  async label() {
    this.running?.abort();
    const run = (this.running = new AbortController()), { file } = this.given, { working, progress, found, result } = this.at;
    showError(this.alert, null);
    result.hidden = true;
    this.table = null;
    if (file.size > this.limits.max_file) {
      found.textContent = "";
      showError(this.alert, new Refused(413, say("too_large", { size: size(file.size), most: size(this.limits.max_file) })));
      return;
    }
    working.hidden = false;
    progress.removeAttribute("value");
    found.textContent = say("sending", { name: file.name });
    const model = this.models.find(({ name }) => name === this.at.by.value), care = this.care.of(model);
    const table = { model, added: addedBy(model, care), head: [], rows: [], pieces: [], lines: 0, done: false };
    try {
      await this.read(table, await ask(`predict/file?${this.query(care)}`, { method: "POST", body: file, signal: run.signal }), run);
      Object.assign(table, { done: true });
      this.table = table;
      if (table.rows.length) this.fill();
      else found.textContent = say("no_rows");
    } catch (error) {
      if (this.running !== run) return; // another file was given meanwhile
      this.failed(error, table);
    }
    working.hidden = true;
  }

  query(care) {
    const query = new URLSearchParams({ model: this.at.by.value, to: "csv", bom: "true", escape_formulas: "true", ...care });
    if (this.at.column.value) query.set("text", this.at.column.value);
    if (this.at.skip.checked) query.set("on_bad_row", "skip");
    return query;
  }

  async read(table, answer, run) {
    const { file } = this.given, lines = /\.(csv|tsv|txt|jsonl|ndjson)$/i.test(file.name) ? linesOf(file) : null;
    let all = 0;
    lines?.then((count) => { all = count; }, () => {});
    const reader = answer.body.getReader(), csv = new CsvReader(), text = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      const rows = csv.read(text.decode(value, { stream: !done }), done);
      if (!table.head.length && rows.length) table.head = rows.shift();
      for (const row of rows) table.rows.push(row);
      if (done) return;
      table.pieces.push(value);
      table.lines += value.reduce((count, byte) => count + (byte === 10), 0);
      if (this.running !== run) return;
      Object.assign(this.at.progress, all ? { max: all, value: Math.min(table.lines, all) } : {});
      this.at.found.textContent = say("labelling", { rows: figure(table.rows.length) });
    }
  }

  failed(error, table) {
    const stopped = error.name === "AbortError", broken = !stopped && !(error instanceof Refused);
    this.at.found.textContent = stopped ? say("stopped") : "";
    if (stopped) return;
    if (error.status === 401) document.dispatchEvent(new CustomEvent("token", { detail: error }));
    showError(this.alert, broken ? new Refused(0, say("broke_off", { rows: figure(table.rows.length) })) : error);
  }

  /** Shows the head of the table, and the labels to filter by. */
  fill() {
    const { table } = this, { head, rows, model, added } = table, { filter, result, noted } = this.at, first = head.length - added.length;
    table.at = Object.fromEntries(added.map((name, place) => [name, first + place]));
    const { at } = table, notes = Object.keys(NOTES).filter((note) => rows.some((row) => row[at.note] === note));
    table.noted = notes.length > 0;
    table.extra = ["certainty", "set"].filter((name) => name in at);
    const texts = this.at.column.value ? [this.at.column.value] : model.data.text_columns ?? [];
    const columns = head.slice(0, first).map((_, column) => column); // those of the texts stand before the others
    table.columns = [...columns.filter((column) => texts.includes(head[column])), ...columns.filter((column) => !texts.includes(head[column]))];
    const cell = (textContent) => made("th", { scope: "col", textContent });
    this.at.head.replaceChildren(made("tr", {}, cell(say("label")), cell(say("probability")), ...table.extra.map((name) => cell(say(name === "set" ? "set_column" : name))), ...(table.noted ? [cell(say("note"))] : []), ...table.columns.map((column) => cell(head[column]))));
    const labels = model.labels.filter((label) => rows.some((row) => hasLabel(row[at.label], label, model)));
    const options = [["", say("all")], ...labels.map((label) => [`=${label}`, label])];
    if (model.multilabel) options.push(["none", say("none")]);
    offer(filter, options);
    document.getElementById("noted-part").hidden = !table.noted;
    offer(noted, [["", say("all")], ...notes.map((note) => [note, say(NOTES[note])]), ["none", say("note_none")]]);
    result.hidden = false;
    this.list();
  }

  kept() {
    const { rows, model, at } = this.table, wanted = this.at.filter.value, noted = this.at.noted.value;
    const least = Number(this.at.least.value) / 100 - 1e-9, most = Number(this.at.most.value || 100) / 100 + 1e-9;
    return rows.filter((row) => {
      const share = shareOf(row[at.probability]), label = row[at.label];
      if (share < least || share > most || (noted && noted !== (row[at.note] || "none"))) return false;
      return !wanted || (wanted === "none" ? !label : hasLabel(label, wanted.slice(1), model));
    });
  }

  list(count = SHOWN) {
    if (!this.table?.done) return;
    const { at, extra, noted, columns } = this.table, kept = this.kept(), { rows, found, more } = this.at;
    found.textContent = say("rows", { kept: figure(kept.length), all: figure(this.table.rows.length) });
    this.at.save.textContent = say("save", { rows: figure(kept.length) });
    this.at.save.disabled = !kept.length;
    rows.replaceChildren(...kept.slice(0, count).map((row) => made("tr", {},
      labelCell(row[at.label], at.suggestion === undefined ? "" : row[at.suggestion]),
      made("td", { className: "number", textContent: percents(row[at.probability]) }),
      ...extra.map((name) => made("td", name === "set" ? { textContent: row[at.set] } : { className: "number", textContent: percents(row[at[name]]) })),
      ...(noted ? [made("td", { textContent: NOTES[row[at.note]] ? say(NOTES[row[at.note]]) : "" })] : []),
      ...columns.map((column) => made("td", { dir: "auto", textContent: row[column].slice(0, 300) })))));
    more.hidden = kept.length <= count;
  }

  /** All rows as the server wrote them; or those that the filter keeps, written in the same way. */
  download() {
    const { head, rows, pieces } = this.table, kept = this.kept();
    const name = this.given.file.name.replace(/(\.[^.]*)?$/, ".labelled.csv");
    save(name, kept.length === rows.length ? pieces : [writtenCsv([head, ...kept])]);
  }
}

const shares = (cell) => cell.split(", ").map(Number);
const shareOf = (cell) => (cell ? Math.max(...shares(cell)) : 0);
const percents = (cell) => (cell ? shares(cell).map(percent).join(", ") : "");
const hasLabel = (cell, label, { multilabel }) => cell === label || (multilabel && `, ${cell}, `.includes(`, ${label}, `));

/** The columns that the server adds at the end. */
function addedBy({ multilabel }, care) {
  const withheld = "min_precision" in care || "coverage" in care;
  return ["label", "probability", ...(withheld ? ["suggestion"] : []), ...(withheld && !multilabel ? ["certainty"] : []), ...("sets" in care ? ["set"] : []), "note"];
}

/** The names of a file's columns, where they can be read. */
async function columnsOf(file) {
  const start = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  if (/\.(parquet|pq)$/i.test(file.name) || String.fromCharCode(...start.slice(0, 4)) === "PAR1") return [];
  const text = decoded(start.slice(0, start.lastIndexOf(10) + 1 || start.length));
  if (text.trimStart().startsWith("{")) {
    try {
      return Object.keys(JSON.parse(text.trimStart().split("\n", 1)[0]));
    } catch {
      return [];
    }
  }
  return parseCsv(text)[0] ?? [];
}

/** How many line breaks a file has. */
async function linesOf(file) {
  let count = 0;
  for await (const part of file.stream()) for (const byte of part) count += byte === 10;
  return count;
}
