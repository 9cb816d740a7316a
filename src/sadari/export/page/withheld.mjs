// What Sadari's pages share of answers with care: the choices, and what is said where a label is withheld. `say(name,
// values)` gives a page's sentences. The server's page imports it; in the other one it stands before page.mjs.

import { made, percent, ranked } from "./view.mjs";

export const SETS = 0.9, SCOPE = 0.05;
const USUAL = { min_precision: 95, coverage: 90 }; // per cent
export const NOTES = { empty: "note_empty", "nothing known": "note_unknown", "out of scope": "note_outside", unsure: "note_unsure", cut: "note_cut" };

/** The choices of a page: how sure a label must be, whether there are sets, and whether texts of no label are found. */
export class CareChoices {
  constructor() {
    const get = (id) => document.getElementById(`care-${id}`);
    Object.assign(this, { by: get("by"), share: get("share"), sets: get("sets"), scope: get("scope"), heard: [] });
    this.by.addEventListener("change", () => {
      get("share-part").hidden = !this.by.value;
      this.suggest(USUAL[this.by.value] ?? "");
    });
    for (const each of [this.by, this.share, this.sets, this.scope]) each.addEventListener("change", () => this.heard.forEach((again) => again()));
  }

  /** Offers a share, in per cent, to begin with. */
  suggest(usual) {
    this.share.value = usual;
  }

  /** Calls `again` whenever something else is asked for. */
  onChange(again) {
    this.heard.push(again);
  }

  /** What is asked for; where a text may have several labels, it may have none as well, and none is out of scope. */
  asked(several) {
    const share = Number(this.share.value) / 100;
    return {
      ...(this.by.value && share ? { [this.by.value]: share } : {}),
      ...(this.sets.checked ? { sets: SETS } : {}),
      ...(this.scope.checked && !several ? { scope: SCOPE } : {}),
    };
  }
}

/** What is said of an answer. */
export function saidWithCare({ unsure, certainty, out_of_scope: outside }, say) {
  return [outside && say("outside"), unsure && say("unsure"), certainty && say("certain", { share: percent(certainty) })].filter(Boolean).join(" ");
}

/** What is said of its set, the likeliest label first. */
export function saidOfSet({ set, probs }, labels, several, say) {
  if (!set) return "";
  const held = ranked(probs, labels.length).map((k) => labels[k]).filter((label) => set.includes(label));
  return held.length ? say(several ? "set_several" : "set", { labels: held.join(" · ") }) : say("set_none");
}

/** A label in a table; one that is withheld stands there pale. */
export function labelCell(label, withheld) {
  if (!withheld) return made("td", { className: "label", textContent: label });
  return made("td", { className: "label unsure" }, label ? `${label} · ` : "", made("span", { className: "withheld", textContent: `${withheld}?` }));
}
