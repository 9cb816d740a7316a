// How careful answers are to be, of the models that keep rows to learn it from.

import { onLanguage, say } from "./say.mjs";
import { CareChoices } from "./withheld.mjs";

export class CarePart extends CareChoices {
  constructor(models) {
    super();
    const without = models.filter(({ calibrated }) => !calibrated), said = document.getElementById("care-without");
    document.getElementById("care").hidden = without.length === models.length;
    said.hidden = !without.length;
    const tell = () => { said.textContent = say("care_without", { models: without.map(({ name }) => name).join(", ") }); };
    onLanguage(tell);
    tell();
  }

  /** What is asked of a model, as the server's fields. */
  of({ calibrated, multilabel }) {
    return calibrated ? this.asked(multilabel) : {};
  }
}
