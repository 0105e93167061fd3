// Articles from files: JSON as it is uploaded, and Word documents. What a file had and an article can't have is told.

import { cleaner } from "./body.js";
import { FIELDS } from "./form.js";
import { number, t } from "./words.js";

const MOST_JSON = 1_048_576; // bytes: as an upload may have
const MOST_WORD = 20_000_000; // bytes, most of which are pictures
const MOST_MESSAGES = 20;
const hasWord = "word" in document.documentElement.dataset;

/** A file can't be taken; the message says why. */
export class UnusableFile extends Error {}

/** What the choice of a file takes. */
export const accepted = hasWord ? ".json,.docx,application/json" : ".json,application/json";

/** Read a file: gives `{article, lost}`, the fields that it has, and what was left out, in words. */
export async function readFile(file) {
  const name = file.name.toLowerCase();
  if (name.endsWith(".docx")) return readWord(file);
  if (name.endsWith(".json") || file.type === "application/json") return readJSON(file);
  throw new UnusableFile(t(name.endsWith(".doc") ? "file_old_word" : "file_unknown"));
}

function bound(file, most) {
  if (file.size > most) throw new UnusableFile(t("file_too_large", { most: number(Math.floor(most / 1024)) }));
}

async function readJSON(file) {
  bound(file, MOST_JSON);
  let article;
  try {
    article = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()));
  } catch (error) {
    throw new UnusableFile(t("file_no_json", { why: error.message }));
  }
  if (article === null || typeof article !== "object" || Array.isArray(article)) throw new UnusableFile(t("file_no_article"));
  const lost = [];
  const taken = {};
  for (const [name, value] of Object.entries(article)) {
    const isList = name === "tags" || name === "related";
    const fits = isList ? Array.isArray(value) && value.every((each) => typeof each === "string") : typeof value === "string";
    if (FIELDS.includes(name) && fits) taken[name] = value;
    else if (name === "status" || name === "proposes") lost.push(t("lost_status", { value: String(value) }));
    else lost.push(t("lost_field", { name }));
  }
  return { article: taken, lost };
}

async function readWord(file) {
  bound(file, MOST_WORD);
  const clean = await cleaner();
  if (!hasWord || !clean) throw new UnusableFile(t("file_no_word_here"));
  const { readWord: convert } = await import("./word.js");
  let found;
  try {
    found = await convert(await file.arrayBuffer());
  } catch {
    throw new UnusableFile(t("file_broken_word"));
  }
  const { html } = clean(found.html);
  const lost = [];
  if (found.pictures) lost.push(t("lost_pictures", { count: found.pictures }));
  lost.push(...new Set(found.messages.filter((each) => !each.includes("'null'")).map(inWords)));
  lost.push(t("lost_looks"));
  return { article: titled(html), lost: lost.slice(0, MOST_MESSAGES) };
}

/** A heading at the beginning is the title. The editor made it one of the second level, the first that a text has. */
function titled(html) {
  const found = /^<h2[^>]*>((?:[^<]|<(?!\/h2>))*)<\/h2>/.exec(html);
  if (!found) return { body: html };
  const title = found[1].replace(/<[^>]*>/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&nbsp;/g, " ").replace(/&amp;/g, "&");
  return { title: title.trim(), body: html.slice(found[0].length) };
}

/** Say a message of the converter's in the editor's language; one that is not known stays as it is. */
function inWords(message) {
  const style = /^Unrecognised (paragraph|run) style: '(.*)' \(Style ID: .*\)$/.exec(message);
  if (style) return t(`lost_style_${style[1]}`, { name: style[2] });
  const unknown = /^(?:Paragraph|Run|Table) style with ID (.*) was referenced but not defined/.exec(message);
  if (unknown) return t("lost_style_paragraph", { name: unknown[1] });
  const element = /^An unrecognised element was ignored: (.*)$/.exec(message);
  if (element) return t("lost_element", { name: element[1] });
  return t("lost_other", { message });
}



