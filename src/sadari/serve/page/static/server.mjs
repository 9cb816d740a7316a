// Asking the server. The token lives in this module's memory alone.

import { language, say } from "./say.mjs";
import { made } from "./view.mjs";

let token = "";
export const useToken = (given) => { token = given; };

/** What the server said of a request that it refused; `status` 0: it said nothing. */
export class Refused extends Error {
  constructor(status, error, { hint = "", wait = 0 } = {}) {
    super(error);
    Object.assign(this, { status, hint, wait });
  }
}

/** The answer of the server, or `Refused`; an aborted request throws `AbortError`. */
export async function ask(path, options = {}) {
  const headers = { "accept-language": language(), ...(token && { authorization: `Bearer ${token}` }), ...options.headers };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, say("gone"));
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  const wait = Number(answer.headers.get("retry-after")) || 0;
  throw new Refused(answer.status, said.error ?? say("wrong", { status: answer.status }), { hint: said.hint, wait });
}

/** The answer to a JSON body. */
export function post(path, body, signal) {
  return ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" }, signal });
}

/** Shows what was wrong; null: nothing. */
export function showError(place, error) {
  const parts = error ? [error.message, ...(error.hint ? [made("span", { className: "hint", textContent: error.hint })] : [])] : [];
  place.replaceChildren(...parts);
}
