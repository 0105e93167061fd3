// The one way in: an upload of JSON to a signed URL, its verdict, and the page that follows from it.

import { ConnectionLost, Refused, issue, verdict } from "./api.js";
import { sleep } from "./dom.js";
import { t } from "./words.js";

const FIRST_LOOK = 300; // milliseconds, and longer each time
const LONGEST_WAIT = 3000;
const PATIENCE = 180_000; // milliseconds for a verdict, or for a page, after which the editor is told to look later
const REISSUE_BEFORE = 30_000; // milliseconds before a URL expires in which it is not used any more

/** Write an article as it is uploaded. */
export const written = (article) => JSON.stringify(article, null, 1);

/**
 * Send an article and wait for its verdict.
 *
 * `sent` is the upload that an earlier attempt began and never saw the end of; `remember` keeps that of this attempt.
 * `tell` hears of each step: `issuing`, `sending` with the part that is sent (0 to 1), `judging`.
 * Gives `{id, upload, accepted, outcome, errors}`.
 */
export async function submit({ id, article, base, sent, remember, tell }) {
  const content = written(article);
  let upload = sent;
  if (sent && (sent.content !== content || expired(sent))) {
    tell("issuing");
    // The former attempt may have got through all the same; then this one starts from it.
    const former = await verdict(sent.id, sent.upload);
    if (former.accepted && sent.content === content) return { id: sent.id, ...former };
    if (former.accepted) base = sent.upload;
    upload = null;
  }
  if (!upload) {
    tell("issuing");
    const issued = await issue(id ?? sent?.id, new Blob([content]).size, base);
    const { number, url, headers, expires_at } = issued.upload;
    upload = { id: issued.id, upload: number, url, headers, expires_at, content };
    remember(upload);
  }
  tell("sending", 0);
  await put(upload, (part) => tell("sending", part));
  tell("judging");
  return { id: upload.id, ...(await judged(upload)) };
}

const expired = ({ expires_at }) => Date.parse(expires_at) - REISSUE_BEFORE < Date.now();

function put({ url, headers, content }, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      // The browser counts the bytes itself, and lets nobody else say how many there are.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new ConnectionLost()));
    request.addEventListener("timeout", () => reject(new ConnectionLost()));
    request.addEventListener("load", () => {
      // 412: it is there already. An earlier attempt got through, and only its answer was lost.
      if (request.status === 200 || request.status === 412) resolve();
      else if (request.status >= 500 || request.status === 409) reject(new ConnectionLost());
      else reject(new Refused(request.status, []));
    });
    request.timeout = PATIENCE;
    // As bytes: of a text the browser would add a charset to the type that is signed.
    request.send(new TextEncoder().encode(content));
  });
}

async function judged({ id, upload }) {
  for (const wait of waits()) {
    const found = await verdict(id, upload);
    if (found.outcome !== "waiting") return found;
    await sleep(wait);
  }
  return { upload, accepted: null, outcome: "waiting", errors: [] };
}

function* waits() {
  const begun = Date.now();
  for (let wait = FIRST_LOOK; Date.now() - begun < PATIENCE; wait = Math.min(wait * 1.3, LONGEST_WAIT)) yield wait;
}

/** Wait until readers have what the status says of an article; tells whether they have, within a patience. */
export async function seenLive({ url, live }) {
  const { pathname } = new URL(url);
  for (const wait of waits()) {
    if (await isLive(pathname, live).catch(() => false)) return true;
    await sleep(wait);
  }
  return false;
}

async function isLive(path, live) {
  const options = { cache: "no-store", headers: { Accept: "*/*" } };
  const data = await fetch(path.replace(/\.html$/, ".json"), options);
  if (!data.ok && data.status !== 410) return false;
  const { revision, state, drawing } = await data.json();
  const isThere = live.state === "published" ? revision >= live.revision : state === live.state;
  // The page is put after its data, and may be purged after them: the mark of the drawing tells that it is the same one.
  return isThere && (await (await fetch(path, options)).text()).includes(`<!-- ${drawing} -->`);
}

/** Tell in words what a failure means for the editor. */
export function failure(error) {
  if (error instanceof ConnectionLost) return t("connection_lost_kept");
  if (error instanceof Refused && error.status === 403) return t("upload_refused");
  return error.message;
}

