// Classify texts with an exported model, in Node and in a browser; no Sadari is needed.
//
//   import * as ort from "onnxruntime-node";            // in a browser: onnxruntime-web
//   import { Classifier } from "./sadari_reader.mjs";
//
//   const model = await Classifier.open("folder", ort); // in a browser: the folder's address
//   await model.predict(["a text"]);                    // [{ label, probabilities }]
//   await model.predictSure(["a text"], { min_precision: 0.95 }); // labels, null where a person should decide
//   await model.predictSets(["a text"], 0.9);           // sets of labels that hold the right one in nine of ten
//   await model.outOfScope(["a text"], 0.05);           // which seem to have no label; so do one in twenty that have one
//
// A model that reads subword tokens (there is a tokenizer.json in its folder) needs Hugging Face's tokenizers besides:
//
//   import { Tokenizer } from "@huggingface/tokenizers";
//   const model = await Classifier.open("folder", ort, { Tokenizer });

const PART = 0, ALONE = 2, DROP = 3, TAG = 4; // what a character is to a tokenizer (1: a separator)
const SPACE = 1, DENSE = 3, MARK = 4; // kinds of characters: white space; of a script without spaces; of the one before
const END = "</s>";
const ARRAYS = {
  F64: Float64Array, F32: Float32Array, I32: Int32Array, I16: Int16Array, I8: Int8Array, U8: Uint8Array, U16: Uint16Array,
};

/** A model of a folder that `sadari export --to onnx` wrote. */
export class Classifier {
  constructor(reader, session, ort) {
    Object.assign(this, { reader, session, ort, labels: reader.data.labels });
  }

  /** Opens a folder (Node) or an address (browser); `ort` is onnxruntime's module. */
  static async open(place, ort, { model = "model.onnx", Tokenizer } = {}) {
    const file = await opener(place);
    const data = JSON.parse(new TextDecoder().decode(await file("reading.json")));
    const arrays = data.tables ? readTables(await file("tables.safetensors")) : {};
    if (data.subwords && !Tokenizer)
      throw new Error("this model reads subwords: hand over { Tokenizer } of @huggingface/tokenizers");
    const json = async (name) => JSON.parse(new TextDecoder().decode(await file(name)));
    const subwords = data.subwords ? new Tokenizer(await json("tokenizer.json"), {}) : null; // it neither cuts nor pads
    const session = await ort.InferenceSession.create(new Uint8Array(await file(model)));
    return new Classifier(new Reader(data, arrays, subwords), session, ort);
  }

  /** Labels and probabilities of texts. */
  async predict(texts) {
    return (await this.run(texts)).map(({ probabilities }) => ({
      label: this.reader.choose(probabilities), probabilities,
    }));
  }

  /** Labels that are sure enough, for `{ min_precision }` or `{ coverage }`, else null. */
  async predictSure(texts, asked) {
    return (await this.run(texts)).map(({ logits, probabilities }) => this.reader.sure(logits, probabilities, asked));
  }

  /** For each text the labels of which one is right in this share of all texts. */
  async predictSets(texts, coverage = 0.9) {
    return (await this.run(texts)).map(({ probabilities }) => this.reader.sets(probabilities, coverage));
  }

  /** Which texts seem to have none of the labels; of those that have one, this share is taken for such. */
  async outOfScope(texts, share = 0.05) {
    return (await this.run(texts)).map(({ logits, probabilities }) => this.reader.outside(logits, probabilities, share));
  }

  /** Logits and probabilities of texts, in the order of `labels`. */
  async run(texts) {
    const found = texts.map((text) => this.reader.read(text));
    const order = found.map((_, row) => row).sort((a, b) => found[a].ids.length - found[b].ids.length);
    const answers = new Array(texts.length);
    for (let first = 0, last; first < order.length; first = last) {
      last = first + 1;
      while (last < order.length && (last + 1 - first) * found[order[last]].ids.length <= this.reader.data.cells) last++;
      const rows = order.slice(first, last);
      const out = await this.session.run(this.feeds(rows.map((row) => found[row])));
      const [logits, probabilities] = [out.logits.data, out.probabilities.data];
      const k = this.labels.length;
      rows.forEach((row, i) => {
        answers[row] = {
          logits: Array.from(logits.slice(i * k, i * k + k)),
          probabilities: Array.from(probabilities.slice(i * k, i * k + k)),
        };
      });
    }
    return answers;
  }

  /** What the model takes in for some texts. */
  feeds(found) {
    const { padding, inputs } = this.reader.data;
    const longest = found.reduce((most, { ids }) => Math.max(most, ids.length), 1);
    const ids = new Int32Array(found.length * longest).fill(padding);
    const counts = new Float32Array(ids.length);
    found.forEach((own, row) => {
      ids.set(own.ids, row * longest);
      counts.set(own.counts, row * longest);
    });
    const tensor = (kind, values) => new this.ort.Tensor(kind, values, [found.length, longest]);
    const long = (values) => tensor("int64", BigInt64Array.from(values, (value) => BigInt(value)));
    const given = {
      ids: () => tensor("int32", ids),
      counts: () => tensor("float32", counts),
      input_ids: () => long(ids),
      attention_mask: () => long(counts),
      token_type_ids: () => long(new Int32Array(ids.length)),
    };
    return Object.fromEntries(inputs.map((name) => [name, given[name]()]));
  }
}

/** From texts to ids: what reading.json and tables.safetensors say, step by step. */
export class Reader {
  constructor(data, arrays, subwords = null) {
    const kinds = new Kinds(data.characters ?? [[0, 0]]);
    const words = Object.fromEntries(Object.entries(data.words).map(([name, list]) => [name, new Words(list)]));
    this.data = data;
    this.steps = data.steps.map((step) => STEPS[step.do](step, { words, arrays, kinds, subwords, capitals: data.capitals }));
  }

  /** The ids of a text, and how often each stands in it; where order matters, every id as it comes, once. */
  read(text) {
    if (/\p{Surrogate}/u.test(text)) throw new RangeError("the text holds half a surrogate pair, which is no character");
    const found = this.steps.flatMap((step) => step.ids(text));
    if (this.data.ordered) return { ids: found, counts: found.map(() => 1) };
    const counts = new Map();
    for (const id of found) counts.set(id, Math.min((counts.get(id) ?? 0) + 1, this.data.most));
    const ids = [...counts.keys()].sort((a, b) => a - b);
    return { ids, counts: ids.map((id) => counts.get(id)) };
  }

  /** How many times its threshold each probability is; as it is where a text may have several labels. */
  beside(probabilities) {
    const { several, thresholds } = this.data;
    return several ? probabilities : probabilities.map((p, k) => p / Math.max(thresholds[k], 1e-6));
  }

  /** The label of a text with these probabilities; a list of them where a text may have several. */
  choose(probabilities) {
    const { labels, several, thresholds } = this.data;
    if (several) return labels.filter((_, k) => probabilities[k] >= thresholds[k]);
    const beside = this.beside(probabilities);
    return labels[beside.indexOf(Math.max(...beside))];
  }

  /** The labels of which one is right in this share of all texts; all of them where nothing is known. */
  sets(probabilities, coverage) {
    const least = this.least("sets", coverage), known = this.known(probabilities);
    return this.data.labels.filter((_, k) => !known || probabilities[k] >= least[k]);
  }

  /** The label, if it is sure enough for `{ min_precision }` or `{ coverage }`, else null; of several, those that are. */
  sure(logits, probabilities, { min_precision, coverage }) {
    const least = min_precision === undefined ? this.least("coverage", coverage) : this.least("min_precision", min_precision);
    const { labels, several, thresholds } = this.data;
    if (several) return labels.filter((_, k) => probabilities[k] >= Math.max(thresholds[k], least[k]));
    const beside = this.beside(probabilities), given = beside.indexOf(Math.max(...beside));
    return this.known(probabilities) && this.certainty(logits, given) >= least[given] ? labels[given] : null;
  }

  /** How likely the label given is right: its share of all sigmoids, and one more. */
  certainty(logits, given) {
    const { slope, offset, weight, biases } = this.data.care.certain;
    const logs = Array.from(logits, (logit) => -softplus(-(logit * slope + offset)));
    const odds = Math.min(30, Math.max(-30, logs[given] - logSum(logs.filter((_, k) => k !== given))));
    return 1 / (1 + Math.exp(-(weight * odds + biases[given])));
  }

  /** Whether a text's logits speak for none of the labels; of texts that have one, this share is taken for such. */
  outside(logits, probabilities, share) {
    const most = this.least("scope", share), { factor } = this.data.care;
    return this.known(probabilities) && -logSum(Array.from(logits, (logit) => logit * factor)) > most;
  }

  /** Whether the model knows anything of a text: of others it gives the shares of the labels in training. */
  known(probabilities) {
    return this.data.care.prior.some((share, k) => Math.abs(share - probabilities[k]) > 1e-6);
  }

  /** The thresholds for a target. */
  least(name, target) {
    const known = this.data.care?.[name] ?? {}, found = known[String(target)];
    if (found === undefined) throw new RangeError(`${name} can be one of: ${Object.keys(known).join(", ") || "none"}`);
    return found;
  }
}

/** The logarithm of the sum of e to the power of each number. */
function logSum(numbers) {
  const top = Math.max(...numbers);
  return top + Math.log(numbers.reduce((sum, each) => sum + Math.exp(each - top), 0));
}

/** The logarithm of 1 + e to the power of a number. */
function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** What kind of character each one past ASCII is, by runs of [first code point, kind]. */
class Kinds {
  constructor(runs) {
    Object.assign(this, { runs, seen: new Map() });
  }

  of(character) {
    let kind = this.seen.get(character);
    if (kind === undefined) {
      const code = character.codePointAt(0);
      let low = 0, high = this.runs.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (this.runs[middle][0] <= code) low = middle;
        else high = middle;
      }
      kind = this.runs[low][1];
      this.seen.set(character, kind);
    }
    return kind;
  }
}

/** Words and their ids. */
class Words {
  constructor(list) {
    Object.assign(this, { list, ids: new Map(list.map((word, place) => [word, place])), size: list.length });
  }

  of(tokens, unknown = -1) {
    return tokens.map((token) => this.ids.get(token) ?? unknown);
  }
}

/** Cuts texts into tokens, by rules that say what each character is. */
class Cutter {
  constructor(rules, kinds, capitals = {}) {
    Object.assign(this, { rules, kinds, capitals, small: rules.lower.map((code) => String.fromCharCode(code)) });
    this.drops = new RegExp(`[${rules.ascii.map((kind, code) => (kind === DROP ? `\\x${code.toString(16).padStart(2, "0")}` : "")).join("")}]`, "g");
    this.tags = rules.ascii.includes(TAG);
  }

  /** The text in Unicode's form NFC, lower-cased if the model has it so. */
  composed(text) {
    if (/^[\0-\x7f]*$/.test(text)) return text;
    text = text.normalize("NFC");
    return this.rules.lowercase ? [...text.toLowerCase()].map((each) => this.capitals[each] ?? each).join("") : text;
  }

  tokens(text) {
    const { ascii, other } = this.rules;
    text = this.composed(text);
    if (this.tags) text = text.replace(this.drops, "").replace(/<[bB][rR] \/>/g, "\n");
    const tokens = [];
    let word = "", dense = false;
    for (let character of text) {
      const code = character.codePointAt(0);
      let what;
      if (code < 128) {
        what = ascii[code];
        character = this.small[code];
      } else {
        const kind = this.kinds.of(character);
        what = kind === MARK && word ? PART : other[kind];
        dense ||= kind === DENSE && what === PART;
      }
      if (what === PART || what === TAG) word += character;
      else if (what !== DROP) {
        this.cut(word, dense, tokens);
        if (what === ALONE) tokens.push(character);
        word = "";
        dense = false;
      }
    }
    this.cut(word, dense, tokens);
    return tokens;
  }

  /** A word, or the n-grams of its characters where its script puts no spaces between words. */
  cut(word, dense, tokens) {
    const { shortest, pieces: [smallest, largest] } = this.rules;
    if (!word || (word.length < 2 * shortest && [...word].length < shortest)) return;
    if (!dense || !largest) {
      tokens.push(word);
      return;
    }
    const characters = [];
    for (const character of word) {
      if (characters.length && character >= "\x80" && this.kinds.of(character) === MARK) {
        characters[characters.length - 1] += character;
      } else characters.push(character);
    }
    if (characters.length <= smallest) {
      tokens.push(word);
      return;
    }
    for (let first = 0; first < characters.length; first++) {
      const most = Math.min(first + largest, characters.length);
      for (let last = first + smallest; last <= most; last++) tokens.push(characters.slice(first, last).join(""));
    }
  }
}

/** Features of exact n-grams, of words or of characters. */
class Ngrams {
  constructor(step, { words, arrays, kinds, capitals }) {
    const name = step.table;
    Object.assign(this, { step, kinds, words: words[name], cutter: new Cutter(step.tokenizer, kinds, capitals) });
    this.features = arrays[`${name}.feature`];
    const prefix = arrays[`${name}.prefix`], last = arrays[`${name}.last`];
    this.keys = Float64Array.from(prefix, (before, i) => before * this.words.size + last[i]);
  }

  tokens(text) {
    const tokens = this.cutter.tokens(text);
    if (this.step.characters === undefined) return tokens;
    if (this.step.characters === "within") return tokens.flatMap((word) => ["", " ", ...word, " "]); // "" is in no table
    const out = [];
    let onEnd = 0; // white-space characters, which are one space from two on
    for (const character of tokens.join("")) {
      const white = character < "\x80" ? /[\t-\r\x1c-\x20]/.test(character) : this.kinds.of(character) === SPACE;
      onEnd = white ? onEnd + 1 : 0;
      if (onEnd > 1) out[out.length - 1] = " ";
      else out.push(character);
    }
    return out;
  }

  ids(text) {
    const words = this.words.of(this.tokens(text)), found = [];
    for (let first = 0; first < words.length; first++) {
      let prefix = 0;
      const most = Math.min(words.length, first + this.step.longest);
      for (let at = first; at < most && words[at] >= 0; at++) {
        const place = search(this.keys, prefix * this.words.size + words[at]);
        if (place < 0) break;
        if (this.features[place] >= 0) found.push(this.features[place] + this.step.first);
        prefix = place + 1;
      }
    }
    return found;
  }
}

/** The place of a value in rising values, or −1. */
function search(values, value) {
  let low = 0, high = values.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (values[middle] === value) return middle;
    if (values[middle] < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Words with ids of their own, and n-grams and subwords in buckets, as fastText hashes them. */
class Hashed {
  constructor(step, { words, arrays, kinds, capitals }) {
    Object.assign(this, { step, words: words.words, rows: arrays.rows, cutter: new Cutter(step.tokenizer, kinds, capitals) });
  }

  ids(text) {
    const { longest, buckets, subwords, end } = this.step;
    let tokens = this.cutter.tokens(text);
    if (end) tokens = [...tokens.filter((token) => token !== END), END];
    const found = this.words.of(tokens).filter((id) => id >= 0);
    const hashed = subwords ? tokens.flatMap((token) => this.pieces(token)) : [];
    const hashes = longest > 1 ? tokens.map(fnv1a) : [];
    for (let first = 0; first < hashes.length; first++) {
      let h = hashes[first];
      for (let at = first + 1; at < Math.min(hashes.length, first + longest); at++) {
        h = (Math.imul(h, 116049371) + hashes[at]) | 0;
        hashed.push(h);
      }
    }
    for (const h of hashed) found.push(this.row(this.words.size + (h & (buckets - 1))));
    return found;
  }

  /** Where a feature's weights are: those that were never learned have the last row together. */
  row(feature) {
    if (this.rows === undefined) return feature;
    const place = search(this.rows, feature);
    return this.words.size + (place < 0 ? this.rows.length : place);
  }

  pieces(word) {
    const [shortest, longest] = this.step.subwords, marked = ["<", ...word, ">"], found = [];
    for (let first = 0; word !== END && first < marked.length; first++) {
      for (let length = shortest; length <= Math.min(longest, marked.length - first); length++) {
        if (length > 1 || (first > 0 && first < marked.length - 1)) {
          found.push(fnv1a(marked.slice(first, first + length).join("")));
        }
      }
    }
    return found;
  }
}

/** 32-bit FNV-1a with each byte sign-extended, as fastText hashes words. */
function fnv1a(word) {
  let h = 2166136261 | 0;
  for (const byte of new TextEncoder().encode(word)) h = Math.imul(h ^ ((byte << 24) >> 24), 16777619);
  return h;
}

/** The ids of a text's tokens, in order. */
class Vocabulary {
  constructor(step, { words, kinds, capitals }) {
    Object.assign(this, { step, words: words.words, cutter: new Cutter(step.tokenizer, kinds, capitals) });
  }

  ids(text) {
    const { most, unknown, specials } = this.step;
    return this.words.of(this.cutter.tokens(text).slice(0, most), unknown).map((id) => (id < specials ? unknown : id));
  }
}

/** The rows of a text's words; those without one are left out. */
class Rows {
  constructor(step, { words, kinds, capitals }) {
    Object.assign(this, { step, words: words.words, cutter: new Cutter(step.tokenizer, kinds, capitals) });
  }

  ids(text) {
    return this.words.of(this.cutter.tokens(text).slice(0, this.step.most)).filter((id) => id >= 0);
  }
}

/** The ids of a text's subword tokens, in order, between those that stand round every text. */
class Subwords {
  constructor(step, { subwords }) {
    Object.assign(this, { step, engine: subwords });
  }

  ids(text) {
    const { lowercase, sigma, most, head, before, after, dropped } = this.step;
    const cased = (lowercase ? text.toLowerCase() : text).normalize("NFC"); // and the engine's own lower case is by letter
    let { ids } = this.engine.encode(sigma ? cased.replaceAll("Σ", "σ") : cased, { add_special_tokens: false });
    ids = Array.from(ids, Number);
    if (ids.every((id) => id === this.step.unknown)) return [];
    if (ids.length > most) ids = [...ids.slice(0, Math.min(head, most)), ...(head < most ? ids.slice(head - most) : [])];
    return [...before, ...ids.filter((id) => id !== dropped), ...after];
  }
}

const STEPS = {
  words: (step, tables) => new Rows(step, tables),
  subwords: (step, tables) => new Subwords(step, tables),
  ngrams: (step, tables) => new Ngrams(step, tables),
  hashed: (step, tables) => new Hashed(step, tables),
  vocabulary: (step, tables) => new Vocabulary(step, tables),
};

/** The arrays of a safetensors file. */
export function readTables(buffer) {
  const size = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, size)));
  const arrays = {};
  for (const [name, about] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [begin, end] = about.data_offsets;
    arrays[name] = new ARRAYS[about.dtype](buffer.slice(8 + size + begin, 8 + size + end));
  }
  return arrays;
}

/** What reads the files of a folder (Node) or under an address (browser), as ArrayBuffers. */
async function opener(place) {
  if (typeof process !== "undefined" && process.versions?.node && !/^https?:/.test(place)) {
    const { readFile } = await import("node:fs/promises");
    return async (name) => {
      const { buffer, byteOffset, byteLength } = await readFile(`${place}/${name}`);
      return buffer.slice(byteOffset, byteOffset + byteLength);
    };
  }
  return async (name) => {
    const answer = await fetch(`${String(place).replace(/\/$/, "")}/${name}`);
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return answer.arrayBuffer();
  };
}
