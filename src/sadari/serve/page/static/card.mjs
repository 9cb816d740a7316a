// A model card, whose Markdown Sadari itself wrote, as elements: headings, tables, code and paragraphs.

import { made } from "./view.mjs";

const unescaped = (text) => text.replace(/\\([\\`*<>|[\]])/g, "$1");

/** A line's text, with its code spans. */
function line(text) {
  return text.split(/(`+[^`]+`+)/).map((part) => {
    const code = /^(`+) ?(.*?) ?\1$/.exec(part);
    return code ? made("code", { textContent: code[2] }) : unescaped(part);
  });
}

/** The elements of a card, without its title. */
export function cardText(markdown) {
  const found = [];
  for (const [place, part] of markdown.replaceAll("\r", "").split(/^```.*$/m).entries()) { // every second one is code
    if (place % 2) found.push(made("pre", { tabIndex: 0 }, made("code", { textContent: part.trim() })));
    else found.push(...part.split(/\n{2,}/).map((each) => each.trim()).filter((each) => each && !/^# /.test(each)).map(block));
  }
  return found;
}

function block(text) {
  if (text.startsWith("|")) return table(text.split("\n"));
  return text.startsWith("#") ? made("h4", {}, ...line(text.replace(/^#+ /, ""))) : made("p", {}, ...line(text.replaceAll("\n", " ")));
}

function table(lines) {
  const rows = lines.filter((each) => !/^\|[\s:|-]+\|$/.test(each)).map((each) => each.slice(1, -1).split(/(?<!\\)\|/));
  return made("table", {}, made("tbody", {}, ...rows.map((cells) => made("tr", {}, ...cells.map((cell, place) => made(place ? "td" : "th", place ? {} : { scope: "row" }, ...line(cell.trim())))))));
}
