// The article's text: a rich-text editor where it was built, else a plain field for text or HTML.

import { button, dialog, h } from "./dom.js";
import { currentLanguage, t } from "./words.js";

const hasRichText = "richText" in document.documentElement.dataset;

// Markup that this policy makes is parsed and never shown, or shown in a frame that has no rights of the desk's.
const policy = window.trustedTypes?.createPolicy("desk", { createHTML: (html) => html });
export const trusted = (html) => policy?.createHTML(html) ?? html;

/** Give what turns any HTML into what the sanitiser keeps: `{html, pictures}`; null without the rich-text editor. */
export async function cleaner() {
  if (!hasRichText) return null;
  const { cleaned } = await import("./rich-text.js");
  return (html) => cleaned(html, trusted);
}

/** Make the editor of a text: `{element, html(), set(html), focus(), setInvalid(is)}`. */
export async function bodyEditor({ html, label, described, changed }) {
  if (hasRichText) {
    try {
      return await richEditor({ html, label, described, changed });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // a module that could not be fetched is a TypeError
    }
  }
  return plainEditor({ html, label, described, changed });
}

async function richEditor({ html, label, described, changed }) {
  const { create } = await import("./rich-text.js");
  const element = h("div", { class: "rich" });
  const editor = create(element, { html, label, described, t, ask: askLink, trusted, changed });
  return { element, ...editor };
}

/** Ask for a link: gives `{href, text}`, or nothing when it was left. */
function askLink({ href, text, isNew }) {
  return dialog(t("text_link"), (close) => {
    const address = h("input", { id: "link-address", type: "text", inputmode: "url", value: href, "data-first": "", autocomplete: "off", "aria-describedby": "link-hint" });
    const words = h("input", { id: "link-text", type: "text", autocomplete: "off" });
    const hint = h("p", { id: "link-hint", class: "hint" }, t("link_hint"));
    const done = (event) => {
      event.preventDefault();
      const given = complete(address.value.trim());
      if (given === null) {
        hint.classList.add("error");
        address.setAttribute("aria-invalid", "true");
        address.focus();
      } else if (given || !isNew) {
        close({ href: given, text: words.value.trim() });
      }
    };
    return h("form", { onsubmit: done },
      h("p", { class: "field" }, h("label", { for: "link-address" }, t("link_address")), address), hint,
      !text && h("p", { class: "field" }, h("label", { for: "link-text" }, t("link_text")), words),
      h("p", { class: "buttons" },
        h("button", { class: "primary" }, t("ok")),
        href && button(t("link_remove"), () => close({ href: "" })),
        button(t("cancel"), () => close()),
      ));
  });
}

/** Complete an address as people write it; null for one that no link may have. */
function complete(address) {
  if (!address || /^(https?:\/\/|mailto:|tel:|\/|#)/i.test(address)) return address;
  if (/^[^\s@/]+@[^\s@/]+$/.test(address)) return `mailto:${address}`;
  if (/^[^\s/:]+\.[^\s/:]+/.test(address)) return `https://${address}`;
  return null;
}

function plainEditor({ html, label, described, changed }) {
  const element = h("textarea", {
    class: "plain", rows: "16", spellcheck: "true", lang: currentLanguage(), oninput: changed,
    "aria-labelledby": label, "aria-describedby": `plain-hint ${described}`, value: asText(html),
  });
  return {
    element: h("div", {}, h("p", { id: "plain-hint", class: "hint" }, t("plain_hint")), element),
    html: () => asHTML(element.value),
    set: (text) => (element.value = asText(text)),
    focus: () => element.focus(),
    setInvalid: (isInvalid) => element.setAttribute("aria-invalid", String(isInvalid)),
    destroy: () => {},
  };
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const SIMPLE = /^(?:<p>(?:[^<]|<br>)*<\/p>\s*)*$/;

/** Text becomes paragraphs, parted by empty lines; HTML stays as it is. */
export function asHTML(text) {
  if (/<\/?[a-z!]/i.test(text)) return text;
  return text
    .split(/\n\s*\n/)
    .map((each) => each.trim())
    .filter(Boolean)
    .map((each) => `<p>${each.replace(/[&<>]/g, (sign) => ESCAPES[sign]).replace(/\n/g, "<br>")}</p>`)
    .join("\n");
}

/** Paragraphs become text again where they are nothing more; other HTML stays as it is. */
export function asText(html) {
  if (!SIMPLE.test(html) || /&(?!(?:amp|lt|gt);)/.test(html)) return html;
  const text = html
    .replace(/<p>|\s*$/g, "")
    .replace(/<\/p>\s*/g, "\n\n")
    .replace(/<br>/g, "\n")
    .trim();
  const plain = text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  return asHTML(plain) === html.trim().replace(/<\/p>\s*<p>/g, "</p>\n<p>") ? plain : html;
}
