// The page of serving: its parts, once the server has said which models there are.

import { CarePart } from "./care.mjs";
import { FilePart } from "./file.mjs";
import { askForToken, begin, get } from "./frame.mjs";
import { ModelsPart } from "./models.mjs";
import { ask } from "./server.mjs";
import { TextPart } from "./text.mjs";

async function open() {
  const info = await (await ask("info")).json();
  get("asking").hidden = false;
  new ModelsPart(info.models, info.token_needed);
  const care = new CarePart(info.models);
  new FilePart(info.models, info.limits, care);
  new TextPart(info.models, care);
}

document.addEventListener("token", ({ detail }) => askForToken(detail));
begin(open, () => get("text").dispatchEvent(new Event("input")));
