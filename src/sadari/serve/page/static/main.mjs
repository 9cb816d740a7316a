// The page of serving: its parts, once the server has said which models there are.

import { FilePart } from "./file.mjs";
import { askForToken, begin, get } from "./frame.mjs";
import { ModelsPart } from "./models.mjs";
import { ask } from "./server.mjs";
import { TextPart } from "./text.mjs";

async function open() {
  const info = await (await ask("info")).json();
  get("asking").hidden = false;
  new ModelsPart(info.models, info.token_needed);
  new FilePart(info.models, info.limits);
  new TextPart(info.models);
}

document.addEventListener("token", ({ detail }) => askForToken(detail));
begin(open, () => get("text").dispatchEvent(new Event("input")));
