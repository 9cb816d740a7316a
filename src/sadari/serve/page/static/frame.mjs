// What both pages have round their parts: language, theme and token.

import { speak } from "./say.mjs";
import { showError, useToken } from "./server.mjs";

const AGAIN = 3000; // ms
export const get = (id) => document.getElementById(id);
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

let tried = false;
export function askForToken(error) {
  showError(get("alert"), tried ? error : null);
  get("token-part").hidden = false;
  get("token").focus();
}

/** Begins with `open`, which asks the server; once more with a token where it wants one, and `again` when it takes a new one. */
export function begin(open, again) {
  const start = async () => {
    try {
      await open();
      showError(get("alert"), null);
      get("token-part").hidden = true;
      get("asking").hidden = false;
      document.body.dataset.ready = "yes";
    } catch (error) {
      if (error.status === 401) askForToken(error);
      else {
        showError(get("alert"), error);
        setTimeout(start, AGAIN);
      }
    }
  };
  get("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried = true;
    useToken(get("token").value.trim());
    if (get("asking").hidden) start();
    else {
      get("token-part").hidden = true;
      showError(get("alert"), null);
      again();
    }
  });
  switches();
  start();
}
