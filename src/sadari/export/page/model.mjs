// What answers in the page that `sadari export --to html` writes: the reader, and rows of weights. No document is needed.

import { Reader, readTables } from "./sadari_reader.mjs";

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

  /** Logits (raw, and by the temperature), probabilities and label of a text, and whether anything in it is known. */
  answer(text) {
    const found = this.reader.read(text);
    const { known, unknown, page } = { ...this.data.page, unknown: this.unknown, page: this.data.page };
    const told = found.ids.some((id) => id < known && !unknown.has(id));
    const raw = page.form === "mean" ? this.mean(found) : this.sum(found), logits = raw.map((logit) => logit * this.data.factor);
    const probabilities = told ? (this.data.several ? sigmoid(logits) : softmax(logits)) : this.data.prior;
    return { raw, logits, probabilities, told, label: this.reader.choose(probabilities) };
  }

  /** What care adds to an answer, asked for `{ min_precision, coverage, sets, scope }`: as the server says it. */
  careful({ raw, probabilities, told, label }, { sets, scope, ...withheld }) {
    const { reader, labels } = this, found = {};
    if (Object.keys(withheld).length) {
      const sure = reader.sure(raw, probabilities, withheld);
      Object.assign(found, this.data.several
        ? { given: sure, unsure: !told || sure.length < label.length }
        : { unsure: sure === null, certainty: told ? reader.certainty(raw, labels.indexOf(label)) : 0 });
    }
    if (sets) found.set = reader.sets(probabilities, sets);
    if (scope) found.out_of_scope = reader.outside(raw, probabilities, scope);
    return found;
  }

  /** The same as a row of true and false: what was decided, by which an export proves itself. */
  decided(answer, asked) {
    const { unsure, given, set, out_of_scope: outside } = this.careful(answer, asked);
    const each = (held) => (held ? this.labels.map((label) => held.includes(label)) : []);
    return [unsure ?? [], each(given), each(set), outside ?? []].flat();
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
