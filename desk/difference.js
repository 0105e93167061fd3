// Differences between two texts, word by word, as readers of both can follow them.

import { trusted } from "./body.js";
import { h } from "./dom.js";
import { hasWords, t } from "./words.js";

const STATES = new Set(["status", "proposes"]); // fields whose values are states
const MOST_CELLS = 2_000_000; // of the table of two texts: beyond that all between the common ends counts as changed

/** Give the pieces `{kind: same|added|removed, text}` that lead from one text to another. */
export function pieces(from, to) {
  const lines = changes(from.split(/(?<=\n)/), to.split(/(?<=\n)/));
  const found = [];
  for (let index = 0; index < lines.length; index += 1) {
    const [one, other] = [lines[index], lines[index + 1]];
    if (one.kind === "removed" && other?.kind === "added") {
      found.push(...changes(one.text.split(/(?<=\s)/), other.text.split(/(?<=\s)/)));
      index += 1;
    } else {
      found.push(one);
    }
  }
  return merged(found);
}

/** Compare two lists of tokens by their longest common subsequence; neighbours of one kind are one piece. */
function changes(from, to) {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < from.length - start && end < to.length - start && from.at(-1 - end) === to.at(-1 - end)) end += 1;
  const [a, b] = [from.slice(start, from.length - end), to.slice(start, to.length - end)];
  const same = (tokens) => tokens.map((text) => ({ kind: "same", text }));
  return merged([...same(from.slice(0, start)), ...middle(a, b), ...same(from.slice(from.length - end))]);
}

function middle(a, b) {
  const removed = (tokens) => tokens.map((text) => ({ kind: "removed", text }));
  const added = (tokens) => tokens.map((text) => ({ kind: "added", text }));
  if (a.length * b.length > MOST_CELLS) return [...removed(a), ...added(b)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [skipA, skipB] = [longest[(i + 1) * width + j], longest[i * width + j + 1]];
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(skipA, skipB);
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      found.push({ kind: "same", text: a[i] });
      i += 1;
      j += 1;
    } else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
      found.push({ kind: "removed", text: a[i] });
      i += 1;
    } else {
      found.push({ kind: "added", text: b[j] });
      j += 1;
    }
  }
  return [...found, ...removed(a.slice(i)), ...added(b.slice(j))];
}

/** Put what was removed before what was added between two equal pieces, and neighbours of one kind together. */
function merged(found) {
  const result = [];
  let [removed, added] = ["", ""];
  const flush = () => {
    if (removed) result.push({ kind: "removed", text: removed });
    if (added) result.push({ kind: "added", text: added });
    [removed, added] = ["", ""];
  };
  for (const { kind, text } of found) {
    if (kind === "removed") removed += text;
    else if (kind === "added") added += text;
    else {
      flush();
      if (result.at(-1)?.kind === "same") result.at(-1).text += text;
      else result.push({ kind, text });
    }
  }
  flush();
  return result;
}

/** Write the value of a field as a text that can be compared and read. */
export function asReadable(name, value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (name !== "body") return String(value);
  const spaced = value.replace(/<\/(p|h[1-6]|li|dt|dd|tr|caption|blockquote|pre)>|<br\b[^>]*>|<hr\b[^>]*>/gi, "\n$&");
  const text = new DOMParser().parseFromString(trusted(spaced.replace(/<\/t[dh]>/gi, " | $&")), "text/html").body.textContent;
  return text.replace(/[ \t]*\n\s*/g, "\n").trim();
}

/** Draw pieces: what was added and removed is marked, and named for those who don't see the marks. */
export function drawPieces(found, { only = null } = {}) {
  const drawn = found
    .filter(({ kind, text }) => text && (!only || kind === "same" || kind === only))
    .map(({ kind, text }) => {
      if (kind === "same") return text;
      const tag = kind === "added" ? "ins" : "del";
      return h(tag, {}, h("span", { class: "unseen" }, `${t(`piece_${kind}`)} `), text, h("span", { class: "unseen" }, ` ${t("end_of_change")} `));
    });
  return h("div", { class: "pieces" }, drawn);
}

/** Draw the difference that the API gives: field by field. */
export function drawDifference({ fields }) {
  if (!fields.length) return h("p", {}, t("no_difference"));
  return h("dl", { class: "difference" }, fields.flatMap(({ field, pieces: found }) => [
    h("dt", {}, t(`field_${field}`)),
    h("dd", {}, drawPieces(STATES.has(field) ? found.map(inWords) : found)),
  ]));
}

/** Say a state in the editor's language. */
const inWords = ({ kind, text }) => ({ kind, text: hasWords(`state_${text}`) ? t(`state_${text}`) : text });
