// How careful answers are to be: labels withheld, and sets of labels.

import { onLanguage, say } from "./say.mjs";

export const SETS = 0.9;
const USUAL = { min_precision: 95, coverage: 90 }; // per cent

export class CarePart {
  constructor(models) {
    const get = (id) => document.getElementById(id), without = models.filter(({ calibrated }) => !calibrated);
    Object.assign(this, { by: get("care-by"), share: get("care-share"), sets: get("care-sets"), heard: [] });
    get("care").hidden = without.length === models.length;
    get("care-without").hidden = !without.length;
    const tell = () => { get("care-without").textContent = say("care_without", { models: without.map(({ name }) => name).join(", ") }); };
    onLanguage(tell);
    tell();
    this.by.addEventListener("change", () => {
      get("care-share-part").hidden = !this.by.value;
      this.share.value = USUAL[this.by.value] ?? "";
    });
    for (const each of [this.by, this.share, this.sets]) each.addEventListener("change", () => this.heard.forEach((again) => again()));
  }

  /** Calls `again` whenever something else is asked for. */
  onChange(again) {
    this.heard.push(again);
  }

  /** What is asked of a model, as the server's fields. */
  of({ calibrated }) {
    if (!calibrated) return {};
    const share = this.share.valueAsNumber / 100;
    return { ...(this.by.value && share ? { [this.by.value]: share } : {}), ...(this.sets.checked ? { sets: SETS } : {}) };
  }
}
