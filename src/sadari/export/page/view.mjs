// What Sadari's pages share: bars, coloured words, tables in and out. The server's page imports it; in the page that
// `sadari export --to html` writes it stands before page.mjs in one script.

export const whole = (text) => text.replace(/[\ud800-\udfff]/gu, "\ufffd"); // without halves of surrogate pairs
export const percent = (share) => `${(100 * share).toFixed(1)}${document.documentElement.lang === "ko" ? "%" : " %"}`;
const signed = (number) => `${number >= 0 ? "+" : "−"}${Math.abs(number).toFixed(2)}`;

/** An element with these properties and children. */
export function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** The places of the largest values, the largest first. */
export function ranked(values, most = 12) {
  return values.map((_, k) => k).sort((a, b) => values[b] - values[a]).slice(0, most);
}

/**
 * Draws one bar a label, the likeliest (or what `worth` puts) first; a click chooses one. Returns the chosen label.
 * Where a text may have several labels, `thresholds` say which ones it has: they are ticked.
 */
export function drawBars(list, labels, probabilities, chosen, choose, worth = probabilities, thresholds = null) {
  const order = ranked(worth), shown = order.includes(chosen) ? chosen : order[0];
  const held = [...list.children].findIndex((row) => row.contains(document.activeElement));
  list.replaceChildren(...order.map((k) => {
    const share = probabilities[k], fill = made("span", { className: "fill" });
    fill.style.inlineSize = `${100 * share}%`;
    const name = made("bdi", { className: "name", textContent: labels[k] });
    const button = made("button", { type: "button", className: "bar" }, name, made("b", { textContent: (thresholds && share >= thresholds[k] ? "✓ " : "") + percent(share) }), fill);
    button.setAttribute("aria-pressed", String(k === shown));
    button.addEventListener("click", () => choose(k));
    return made("li", {}, button);
  }));
  if (held >= 0) list.children[order.indexOf(shown)].firstChild.focus();
  return shown;
}

/** A text whose words are coloured by what they add to a label. The pointer, or the arrow keys, ask for a word's figures. */
export class ColouredWords {
  constructor(box, figures) {
    Object.assign(this, { box, figures, marks: [], at: -1 });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const to = { Home: 0, End: this.marks.length - 1 }[event.key] ?? (step && this.at + step);
      if (to === undefined || !this.marks.length) return;
      event.preventDefault();
      this.show(Math.min(Math.max(to, 0), this.marks.length - 1));
    });
    for (const kind of ["pointerover", "click"]) {
      box.addEventListener(kind, ({ target }) => {
        const place = this.marks.findIndex(({ mark }) => mark === target);
        if (place >= 0) this.show(place);
      });
    }
    box.addEventListener("focus", () => this.marks.length && this.show(Math.max(this.at, 0)));
  }

  /** Draws parts `{ word, adds }`, where `adds` has one number a label, or is null. */
  draw(parts, labels, label) {
    const most = Math.max(0.25, ...parts.map(({ adds }) => (adds ? Math.abs(adds[label]) : 0)));
    Object.assign(this, { labels, label, marks: [], at: -1 });
    this.figures.textContent = "";
    this.box.removeAttribute("aria-activedescendant");
    this.box.replaceChildren(...parts.map(({ word, adds }, place) => {
      if (!adds) return document.createTextNode(word);
      const mark = made("span", { textContent: word, className: adds[label] >= 0 ? "for" : "against", id: `${this.box.id}-${place}` });
      mark.setAttribute("role", "option");
      mark.setAttribute("aria-selected", "false");
      mark.style.setProperty("--weight", (Math.abs(adds[label]) / most).toFixed(3));
      this.marks.push({ mark, word, adds });
      return mark;
    }));
    this.box.hidden = this.figures.hidden = !this.marks.length;
  }

  show(place) {
    this.marks[this.at]?.mark.setAttribute("aria-selected", "false");
    const { mark, word, adds } = this.marks[(this.at = place)];
    mark.setAttribute("aria-selected", "true");
    this.box.setAttribute("aria-activedescendant", mark.id);
    const others = ranked(adds.map(Math.abs)).filter((k) => k !== this.label).slice(0, 5);
    this.figures.replaceChildren(made("bdi", { className: "word", textContent: word }), ...[this.label, ...others].map((k) =>
      made("span", { className: k === this.label ? "main" : "" }, made("bdi", { textContent: this.labels[k] }), ` ${signed(adds[k])}`)));
  }
}

/** The options of a choice; what was chosen before stays so where it is among them. */
export function offer(choice, options) {
  const before = choice.value;
  choice.replaceChildren(...options.map(([value, textContent]) => made("option", { value, textContent })));
  choice.value = options.some(([value]) => value === before) ? before : "";
}

/** Reads CSV (RFC 4180) as it comes, with the delimiter that its first line has most of. */
export class CsvReader {
  constructor() {
    Object.assign(this, { delimiter: null, row: [], field: "", quoted: false, closed: false, head: "" });
  }

  /** The rows that end in this part of the text; a last one that has no line break ends with `last`. */
  read(text, last = false) {
    if (this.delimiter === null) {
      this.head += text;
      if (!last && !this.head.includes("\n")) return [];
      const line = this.head.split("\n", 1)[0];
      this.delimiter = [",", ";", "\t"].reduce((best, each) => (line.split(each).length > line.split(best).length ? each : best));
      text = this.head.replace(/^\ufeff/, "");
    }
    const rows = [], { delimiter } = this;
    const endField = () => { this.row.push(this.field); this.field = ""; };
    const endRow = () => { endField(); if (this.row.length > 1 || this.row[0]) rows.push(this.row); this.row = []; };
    for (const letter of text) {
      if (this.closed && letter === '"') { this.field += '"'; this.quoted = true; this.closed = false; continue; }
      this.closed = false;
      if (this.quoted) {
        if (letter === '"') { this.quoted = false; this.closed = true; } else this.field += letter;
      } else if (letter === '"' && this.field === "") this.quoted = true;
      else if (letter === delimiter) endField();
      else if (letter === "\n") { this.field = this.field.replace(/\r$/, ""); endRow(); }
      else this.field += letter;
    }
    if (last && (this.field || this.row.length)) endRow();
    return rows;
  }
}

/** The rows of a whole CSV file. */
export const parseCsv = (text) => new CsvReader().read(text, true);

/** Rows as CSV that a spreadsheet opens as text: no field of it runs as a formula. */
export function writtenCsv(rows) {
  const field = (value) => {
    const safe = /^[=+\-@\t\r]/.test(value) && !/^-?\d+(\.\d+)?$/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((row) => row.map((value) => field(String(value))).join(",")).join("\r\n")}\r\n`;
}

/** Bytes as text: UTF-8, or the Korean encoding of Windows where they are none. */
export function decoded(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("euc-kr").decode(bytes);
  }
}

/** Lets the user save a file. */
export function save(name, parts, type = "text/csv") {
  const link = made("a", { download: name, href: URL.createObjectURL(new Blob(parts, { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Takes files that are dropped on a section, or chosen in its field. */
export function takeFiles(section, field, read) {
  field.addEventListener("change", () => { if (field.files[0]) read(field.files[0]); });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    section.addEventListener(kind, (event) => {
      event.preventDefault();
      section.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
    });
  }
}
