// The very page that readers will get, as a phone and as a desktop shows it.

import { trusted } from "./body.js";
import { button, dialog, h } from "./dom.js";
import { t } from "./words.js";

const WIDTHS = ["phone", "desktop"];

/** Show a page until the editor closes it. It stands in a frame of its own, which has none of the desk's rights. */
export function showPreview(html) {
  return dialog(t("preview"), (close) => {
    // Scripts run, as they do for readers, but of another origin: they can't reach the desk, its token or its storage.
    const frame = h("iframe", { title: t("preview_frame"), sandbox: "allow-scripts" });
    frame.srcdoc = trusted(html);
    const place = h("div", { class: "preview-place", tabindex: "0", role: "group", "aria-label": t("preview_frame") }, frame);
    const choices = WIDTHS.map((name) => button(t(`preview_${name}`), () => choose(name), { "data-width": name }));
    const choose = (name) => {
      frame.className = name;
      for (const each of choices) each.setAttribute("aria-pressed", String(each.dataset.width === name));
    };
    choose(innerWidth < 1000 ? "phone" : "desktop");
    return [h("div", { class: "buttons" }, choices, button(t("close"), () => close(), { class: "primary", "data-first": "" })), place];
  }, { wide: true });
}
