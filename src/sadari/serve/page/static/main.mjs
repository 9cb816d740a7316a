// The page: language, theme and token, then its parts.

import { FilePart } from "./file.mjs";
import { ModelsPart } from "./models.mjs";
import { speak } from "./say.mjs";
import { ask, showError, useToken } from "./server.mjs";
import { TextPart } from "./text.mjs";

const AGAIN = 3000; // ms
const get = (id) => document.getElementById(id);
const kept = { // of the two switches; nothing else is kept
  read(name) { try { return localStorage.getItem(`sadari.${name}`); } catch { return null; } },
  write(name, value) { try { localStorage.setItem(`sadari.${name}`, value); } catch { /* the browser keeps nothing */ } },
};

function switches() {
  const theme = get("theme"), language = get("language");
  const paint = () => { document.documentElement.style.colorScheme = theme.value || "light dark"; };
  theme.value = kept.read("theme") ?? "";
  theme.addEventListener("change", () => { kept.write("theme", theme.value); paint(); });
  paint();
  language.addEventListener("change", () => { kept.write("language", language.value); speak(language.value); });
  const before = kept.read("language");
  if ([...language.options].some(({ value }) => value === before)) {
    language.value = before;
    speak(before);
  }
}

async function start() {
  try {
    const info = await (await ask("info")).json();
    showError(get("alert"), null);
    get("token-part").hidden = true;
    get("asking").hidden = false;
    new ModelsPart(info.models, info.token_needed);
    new FilePart(info.models, info.limits);
    new TextPart(info.models);
    document.body.dataset.ready = "yes";
  } catch (error) {
    if (error.status === 401) askForToken(error);
    else {
      showError(get("alert"), error);
      setTimeout(start, AGAIN);
    }
  }
}

let tried = false;
function askForToken(error) {
  showError(get("alert"), tried ? error : null);
  get("token-part").hidden = false;
  get("token").focus();
}

get("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  tried = true;
  useToken(get("token").value.trim());
  if (get("asking").hidden) start();
  else {
    get("token-part").hidden = true;
    showError(get("alert"), null);
    get("text").dispatchEvent(new Event("input"));
  }
});
document.addEventListener("token", ({ detail }) => askForToken(detail));
switches();
start();
