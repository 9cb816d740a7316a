// The models: their labels, scores and cards, and the report of the climb that made them.

import { cardText } from "./card.mjs";
import { figure, onLanguage, say } from "./say.mjs";
import { ask, showError } from "./server.mjs";
import { made, save } from "./view.mjs";

const DATA = ["rows", "source", "text_columns", "label_column"]; // the card has the rest

const plain = (value) => (typeof value === "number" ? (Number.isInteger(value) ? figure(value) : value.toFixed(4)) : Array.isArray(value) ? value.map(plain).join(", ") : String(value));

export class ModelsPart {
  constructor(models, tokenNeeded) {
    Object.assign(this, { models, tokenNeeded, place: document.getElementById("cards") });
    onLanguage(() => this.draw());
    this.draw();
  }

  draw() {
    this.place.replaceChildren(...this.models.map((model) => this.card(model)));
  }

  card(model) {
    const facts = [["rung", model.rung], ["labels", model.labels.join(" · ")], ["data", pairs(model.data, DATA)], ["scores", pairs(model.scores)]];
    const list = made("dl", {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [made("dt", { textContent: say(name) }), made("dd", { textContent: value })]));
    const part = made("article", { className: "card" }, made("h3", {}, made("bdi", { textContent: model.name })), list);
    if (model.report) part.append(made("p", {}, this.report(model)));
    part.append(this.details(model));
    return part;
  }

  /** A link; where the server asks for a token, which no link can show, the report is saved. */
  report(model) {
    const link = made("a", { href: `models/${encodeURIComponent(model.name)}/report`, target: "_blank", rel: "noopener", textContent: say("report") });
    if (this.tokenNeeded) {
      link.addEventListener("click", async (event) => {
        event.preventDefault();
        const alert = document.getElementById("alert");
        try {
          save(`${model.name}.report.html`, [await (await ask(link.getAttribute("href"))).blob()], "text/html");
          showError(alert, null);
        } catch (error) {
          showError(alert, error);
        }
      });
    }
    return link;
  }

  details(model) {
    const text = made("div", { className: "text" });
    const part = made("details", {}, made("summary", { textContent: say("card") }), text);
    part.addEventListener("toggle", async () => {
      if (text.children.length) return;
      try {
        text.replaceChildren(...cardText(await (await ask(`models/${encodeURIComponent(model.name)}/card`)).text()));
      } catch (error) {
        showError(text, error);
      }
    });
    return part;
  }
}

const pairs = (values, names = Object.keys(values)) => names.filter((name) => name in values).map((name) => [name, values[name]]).map(([name, value]) => `${name}: ${plain(value)}`).join(" · ");
