// From what each token of a text adds, to what each of its words adds.

const WORDS = /\p{Script=Han}|[^\s\p{Script=Han}]+|\s+/gu;
const MARKS = /^(##|[▁ĠĊ])+/u; // of subword tokens that begin, or go on with, a word

/** The parts of a text, `{ word, adds }`, where each character of a token has an equal share of what the token adds. */
export function partsOf(text, tokens, k) {
  const shares = new Map(); // place in the text → what stands there adds
  for (const { written, all } of occurrences(tokens)) {
    const found = places(text, written);
    if (!found.length) continue;
    if (all.length > 1 && all.length !== found.length) all.splice(0, all.length, sum(all));
    const one = all.length === 1;
    found.forEach((place, i) => give(shares, text, place, one ? all[0].map((add) => add / found.length) : all[i]));
  }
  return [...text.matchAll(WORDS)].map(({ 0: word, index }) => {
    if (!word.trim()) return { word, adds: null };
    const own = [];
    for (let at = index; at < index + word.length; at++) if (shares.has(at)) own.push(shares.get(at));
    return { word, adds: own.length ? sum(own) : null };
  });
}

const sum = (rows) => rows[0].map((_, label) => rows.reduce((total, row) => total + row[label], 0));

/** Each token once, with what each of its occurrences adds. */
function occurrences(tokens) {
  const found = new Map();
  for (const { token, contributions } of tokens) {
    if (!found.has(token)) found.set(token, { written: token, all: [] });
    found.get(token).all.push(contributions);
  }
  return found.values();
}

/** Where a token, or an n-gram of them, stands in a text: [first, last] of each place. */
function places(text, token) {
  const words = token.split(" ").map((word) => word.replace(MARKS, "")).filter(Boolean);
  if (!words.length) return [];
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\\/]/g, "\\$&")).join("\\s*");
  const alone = [/^[\p{L}\p{N}]/u.test(words[0]) ? "(?<![\\p{L}\\p{N}])" : "", /[\p{L}\p{N}]$/u.test(words.at(-1)) ? "(?![\\p{L}\\p{N}])" : ""];
  const find = (source) => [...text.matchAll(new RegExp(source, "giu"))].map((match) => [match.index, match.index + match[0].length]);
  const found = find(alone.join(pattern));
  return found.length ? found : find(pattern); // a part of a word
}

function give(shares, text, [first, last], adds) {
  const solid = [];
  for (let at = first; at < last; at++) if (/\S/.test(text[at])) solid.push(at);
  for (const at of solid) {
    const before = shares.get(at);
    shares.set(at, adds.map((add, label) => add / solid.length + (before?.[label] ?? 0)));
  }
}
