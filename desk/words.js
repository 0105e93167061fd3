// What the desk says, in the editor's language.

import en from "./words-en.js";
import vi from "./words-vi.js";

const WORDS = { vi, en };
const KEY = "desk:language";

let language = remembered() ?? (navigator.language.startsWith("vi") || !navigator.language ? "vi" : document.documentElement.lang);

function remembered() {
  const found = localStorage.getItem(KEY);
  return found in WORDS ? found : null;
}

export const currentLanguage = () => language;

/** Take another language, and remember it. */
export function setLanguage(chosen) {
  language = chosen;
  localStorage.setItem(KEY, chosen);
  document.documentElement.lang = chosen;
}

/** Give the words of a key, with what stands in braces filled in. */
export function t(key, given = {}) {
  const text = WORDS[language][key];
  if (text === undefined) throw new Error(`no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(given[name]));
}

/** Tell whether there are words for a key. */
export const hasWords = (key) => key in WORDS[language];

/** Write a number as the language does. */
export const number = (value) => value.toLocaleString(language);
