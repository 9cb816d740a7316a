// The page: what answers in it, and what people see. It stands behind sadari_reader.mjs and view.mjs in one script.

/** The page's model: the reader, and rows of weights that are gathered and summed. */
export class PageModel {
  /** Opens what lies in the page: base64 of gzip, of JSON and of tables. */
  static async open(json, tables) {
    const data = JSON.parse(new TextDecoder().decode(await inflated(json)));
    return new PageModel(data, readTables(await inflated(tables)));
  }

  constructor(data, arrays) {
    Object.assign(this, { data, arrays, reader: new Reader(data, arrays), labels: data.labels, k: data.labels.length });
    this.unknown = new Set(data.page.unknown);
    this.width = arrays["page.rows"].length / Math.max(1, data.page.features);
  }

  /** Logits, probabilities and label of a text, and whether anything in it is known. */
  answer(text) {
    const found = this.reader.read(text);
    const { known, unknown, page } = { ...this.data.page, unknown: this.unknown, page: this.data.page };
    const told = found.ids.some((id) => id < known && !unknown.has(id));
    const logits = (page.form === "mean" ? this.mean(found) : this.sum(found)).map((logit) => logit * this.data.factor);
    const probabilities = told ? (this.data.several ? sigmoid(logits) : softmax(logits)) : this.data.prior;
    return { logits, probabilities, told, label: this.reader.choose(probabilities) };
  }

  /** The sum of the rows of ids, each times its value: `width` numbers. */
  mixed(ids, values) {
    const rows = this.arrays["page.rows"], steps = this.arrays["page.steps"], { width } = this;
    const sums = new Float64Array(width);
    ids.forEach((id, i) => {
      for (let j = 0; j < width; j++) sums[j] += values[i] * rows[id * width + j];
    });
    return sums.map((sum, j) => sum * steps[j]);
  }

  sum({ ids, counts }) {
    const { binary, sublinear, norm, bound } = this.data.page;
    const scales = this.arrays["page.scales"], step = this.arrays["page.scale"][0];
    const values = counts.map((count, i) => {
      const once = binary ? Math.min(count, 1) : count;
      return (sublinear ? 1 + Math.log(once) : once) * scales[ids[i]] * step;
    });
    const totals = [0, 0];
    values.forEach((value, i) => {
      totals[ids[i] >= bound ? 1 : 0] += norm === "l2" ? value * value : Math.abs(value);
    });
    const norms = totals.map((total) => (norm === null || !total ? 1 : norm === "l2" ? Math.sqrt(total) : total));
    const sums = this.mixed(ids, values.map((value, i) => value / norms[ids[i] >= bound ? 1 : 0]));
    return Array.from(sums, (sum, j) => sum + this.arrays["page.bias"][j]);
  }

  mean({ ids, counts }) {
    const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
    const mean = this.mixed(ids, counts).map((sum) => sum / total), output = this.arrays["page.output"], { width } = this;
    const length = this.data.page.unit ? Math.sqrt(mean.reduce((sum, each) => sum + each * each, 0)) || 1 : 1;
    return Array.from(this.arrays["page.bias"], (bias, label) => {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += output[label * width + j] * mean[j];
      return bias + sum / length;
    });
  }

  /** What each word adds to each label: how far the logits would fall without it, less what all labels lose alike. */
  explain(text) {
    const most = Math.min(300, Math.ceil(400_000 / (text.length + 1)));
    const parts = text.split(/(\s+)/u).map((word) => ({ word, adds: null }));
    const words = parts.filter(({ word }) => /\S/u.test(word)).slice(0, most);
    const whole = this.answer(text).logits;
    for (const part of words) {
      const without = parts.map((other) => (other === part ? "" : other.word)).join("");
      const lost = this.answer(without).logits.map((logit, label) => whole[label] - logit);
      const alike = this.data.several ? 0 : lost.reduce((sum, each) => sum + each, 0) / this.k;
      part.adds = lost.map((each) => each - alike);
    }
    return parts;
  }
}

function softmax(logits) {
  const top = Math.max(...logits);
  const odds = logits.map((logit) => Math.exp(logit - top)), total = odds.reduce((sum, each) => sum + each, 0);
  return odds.map((each) => each / total);
}

const sigmoid = (logits) => logits.map((logit) => 0.5 * (1 + Math.tanh(0.5 * logit)));

async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** What people see. */
class Page {
  constructor(model, say) {
    Object.assign(this, { model, say, chosen: null, table: null });
    const get = (id) => document.getElementById(id);
    this.at = { text: get("text"), bars: get("bars"), note: get("note"), file: get("file"),
      drop: get("drop"), column: get("column"), rows: get("rows"), progress: get("progress"), save: get("save"),
      filter: get("filter"), sure: get("sure"), found: get("found"), result: get("result") };
    this.words = new ColouredWords(get("words"), get("figures"));
    this.at.text.value = new URLSearchParams(location.hash.slice(1)).get("text") ?? ""; // page.html#text=…
    this.listen();
    this.show();
    document.body.dataset.ready = "yes";
  }

  listen() {
    const { text, file, drop, column, filter, sure, save } = this.at;
    let waiting = 0;
    text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => this.show(), 60); });
    takeFiles(drop, file, (given) => this.read(given));
    column.addEventListener("change", () => this.classify());
    filter.addEventListener("change", () => this.list());
    sure.addEventListener("input", () => this.list());
    save.addEventListener("click", () => this.download());
  }

  show() {
    const text = whole(this.at.text.value), { labels } = this.model;
    const { probabilities, told } = this.model.answer(text);
    this.at.note.textContent = text.trim() === "" ? this.say.empty : told ? "" : this.say.unknown;
    const beside = this.model.reader.beside(probabilities);
    const choose = (k) => { this.chosen = k; this.show(); };
    const least = this.model.data.several && this.model.data.thresholds;
    const shown = drawBars(this.at.bars, labels, probabilities, this.chosen, choose, beside, least);
    clearTimeout(this.colouring); // each word costs an answer: they wait until nobody types
    const explained = () => (told ? this.model.explain(text.slice(0, 20_000)) : []);
    this.colouring = setTimeout(() => this.words.draw(explained(), labels, shown), 250);
  }

  async read(file) {
    const rows = parseCsv(decoded(new Uint8Array(await file.arrayBuffer())));
    if (rows.length < 2) {
      this.at.found.textContent = this.say.no_rows;
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
    const table = this.table, column = Number(this.at.column.value), { progress, result } = this.at;
    const run = (this.run = {});
    Object.assign(progress, { max: table.body.length, value: 0, hidden: false });
    result.hidden = false;
    table.answers = [];
    let paused = performance.now();
    for (const row of table.body) {
      const { label, probabilities } = this.model.answer(whole(row[column] ?? ""));
      table.answers.push({ label: [label].flat().join(" | "), sure: Math.max(...probabilities) });
      if (performance.now() - paused > 40) {
        progress.value = table.answers.length;
        await new Promise((resume) => setTimeout(resume));
        if (this.run !== run) return; // another file or column was chosen meanwhile
        paused = performance.now();
      }
    }
    progress.hidden = true;
    const labels = [...new Set(table.answers.map(({ label }) => label))].sort();
    this.at.filter.replaceChildren(made("option", { value: "", textContent: this.say.all }),
      ...labels.map((label) => made("option", { value: label, textContent: label || this.say.none })));
    this.list();
  }

  list(most = 200) {
    const { body, answers } = this.table, column = Number(this.at.column.value);
    const { filter, sure } = this.at, label = filter.value, least = Number(sure.value) / 100;
    const kept = answers.map((answer, row) => ({ ...answer, row }))
      .filter((answer) => (filter.selectedIndex < 1 || answer.label === label) && answer.sure >= least);
    this.at.found.textContent = this.say.rows.replace("{kept}", kept.length.toLocaleString()).replace("{all}", body.length.toLocaleString());
    this.at.rows.replaceChildren(...kept.slice(0, most).map(({ row, label: own, sure: share }) => {
      const text = (body[row][column] ?? "").slice(0, 300);
      return made("tr", {}, made("td", { textContent: own, className: "label" }),
        made("td", { textContent: percent(share), className: "number" }), made("td", { textContent: text, dir: "auto" }));
    }));
  }

  download() {
    const { name, head, body, answers } = this.table;
    const rows = body.map((row, i) => [...head.map((_, column) => row[column] ?? ""), answers[i].label, answers[i].sure.toFixed(4)]);
    save(name.replace(/(\.[^.]*)?$/, ".labelled.csv"), [writtenCsv([[...head, "predicted_label", "probability"], ...rows])]);
  }
}

if (typeof document !== "undefined") {
  const block = (id) => document.getElementById(id).textContent;
  const say = JSON.parse(block("say"));
  try {
    const model = await PageModel.open(block("reading"), block("tables"));
    globalThis.sadari = { model, page: new Page(model, say) };
  } catch (error) {
    document.getElementById("note").textContent = `${say.old} (${error.message})`;
  }
}
