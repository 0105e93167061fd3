// The desk's API. Every failure is one of three: no connection, no valid sign-in, or an answer with errors.

import { sleep } from "./dom.js";
import { token } from "./sign-in.js";
import { currentLanguage, t } from "./words.js";

const BASE = "/desk/api";
const ATTEMPTS = 3;

/** The network failed: nothing is known of what became of the request. */
export class ConnectionLost extends Error {
  constructor() {
    super(t("no_connection"));
  }
}

/** The token is missing or has expired. */
export class SignedOut extends Error {
  constructor() {
    super(t("session_expired"));
  }
}

/** The desk refused: an HTTP status, and errors as the verdict has them. */
export class Refused extends Error {
  constructor(status, errors) {
    const known = { 403: "forbidden", 404: "not_found", 503: "busy" }[status] ?? "refused";
    super(errors[0]?.message ?? t(known, { status }));
    this.status = status;
    this.errors = errors;
  }
}

async function request(method, path, body) {
  const headers = { "Accept-Language": currentLanguage() };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  for (let attempt = 1; ; attempt += 1) {
    try {
      answer = await fetch(BASE + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
    } catch {
      throw new ConnectionLost();
    }
    // Only what has surely not been done, or can be done twice, is asked again.
    if (answer.status !== 503 || attempt === ATTEMPTS) break;
    await sleep(1000 * Math.min(Number(answer.headers.get("Retry-After")) || 1, 5));
  }
  if (answer.status === 401) throw new SignedOut();
  let content = null;
  try {
    content = JSON.parse(await answer.text());
  } catch (error) {
    if (error instanceof TypeError) throw new ConnectionLost();
  }
  if (!answer.ok) throw new Refused(answer.status, content?.errors ?? []);
  if (content === null) throw new Refused(answer.status, []);
  return content;
}

const query = (given) => {
  const parameters = new URLSearchParams(Object.entries(given).filter(([, value]) => value));
  return parameters.size ? `?${parameters}` : "";
};

export const session = () => request("GET", "/session");
export const articles = (given) => request("GET", `/articles${query(given)}`);
export const status = (id) => request("GET", `/articles/${id}`);
export const verdict = (id, number) => request("GET", `/articles/${id}/uploads/${number}`);
export const uploaded = (id, number) => request("GET", `/articles/${id}/uploads/${number}/content`);
export const revisions = (id, next) => request("GET", `/articles/${id}/revisions${query({ next })}`);
export const revision = (id, number) => request("GET", `/articles/${id}/revisions/${number}`);
export const difference = (id, number, from) => request("GET", `/articles/${id}/revisions/${number}/difference${query({ from })}`);
export const preview = (article) => request("POST", "/preview", article);
export const secretLink = (id) => request("POST", `/articles/${id}/preview`, {});

/** Ask for the upload of so many bytes: of a new article, or of one that is there, from the upload that it started from. */
export const issue = (id, size, base) =>
  id ? request("POST", `/articles/${id}/uploads`, base ? { size, base } : { size }) : request("POST", "/articles", { size });
