// What the page says, in the language that is chosen. All languages lie in the page: a switch loses nothing.

const table = JSON.parse(document.getElementById("say").textContent);
const heard = [];

export const language = () => document.documentElement.lang;

/** A sentence with its values. */
export function say(name, values = {}) {
  return table[language()][name].replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place);
}

/** A number, or a size in bytes, as the language writes it. */
export const figure = (number) => number.toLocaleString(language());
export const size = (bytes) => `${(bytes / 2 ** 20).toLocaleString(language(), { maximumFractionDigits: 1 })} MiB`;

/** Calls `again` whenever another language is chosen. */
export const onLanguage = (again) => heard.push(again);

export function speak(chosen) {
  if (!table[chosen]) return;
  document.documentElement.lang = chosen;
  for (const each of document.querySelectorAll("[data-say]")) each.textContent = say(each.dataset.say);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
  for (const again of heard) again();
}
