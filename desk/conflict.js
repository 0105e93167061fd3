// Two versions of one article: side by side, and for each field that differs one of them is taken.

import { asReadable, drawPieces, pieces } from "./difference.js";
import { FIELDS } from "./form.js";
import { button, h } from "./dom.js";
import { shown } from "./moments.js";
import { t } from "./words.js";

// What stands for a moment, not for a text that was written: told apart by its value, and never merged.
const MOMENTS = new Set(["published_at", "expires_at"]);

/** Give the fields in which two articles differ. */
export const differing = (mine, theirs) =>
  FIELDS.filter((name) => JSON.stringify(mine[name] ?? "") !== JSON.stringify(theirs[name] ?? ""));

/**
 * Draw both versions. `done` gets the article that was put together of them; `theirName` and `theirTime` say whose the
 * other one is.
 */
export function drawConflict({ mine, theirs, theirName, theirTime, zone, done }) {
  const names = differing(mine, theirs);
  const chosen = Object.fromEntries(names.map((name) => [name, "mine"]));
  const radios = [];
  const value = (name, article) => (MOMENTS.has(name) ? shown(article[name], zone) : asReadable(name, article[name]));
  const side = (name, which, found, only) => {
    const id = `take-${which}-${name}`;
    const radio = h("input", { type: "radio", id, name: `take-${name}`, checked: which === "mine", onchange: () => (chosen[name] = which) });
    radios.push({ radio, which, name });
    return h("div", { class: "version" },
      h("p", { class: "check" }, radio, h("label", { for: id }, t(`take_${which}`))),
      drawPieces(found, { only }));
  };
  const rows = names.map((name) => {
    const found = pieces(value(name, theirs), value(name, mine));
    return h("fieldset", {}, h("legend", {}, t(`field_${name}`)),
      h("div", { class: "versions" }, side(name, "mine", found, "added"), side(name, "theirs", found, "removed")));
  });
  const all = (which) => () => {
    for (const each of radios) {
      if (each.which !== which) continue;
      each.radio.checked = true;
      chosen[each.name] = which;
    }
  };
  const finish = () => {
    const article = { ...mine };
    for (const name of names) {
      if (chosen[name] !== "theirs") continue;
      if (theirs[name] === undefined) delete article[name];
      else article[name] = theirs[name];
    }
    done(article);
  };
  return h("section", { class: "two-versions", "aria-labelledby": "conflict-title" },
    h("h2", { id: "conflict-title", tabindex: "-1" }, t("conflict_title")),
    h("p", {}, t("conflict_explained", { name: theirName ?? "", time: theirTime })),
    h("p", { class: "buttons" }, button(t("take_all_mine"), all("mine")), button(t("take_all_theirs"), all("theirs"))),
    rows,
    h("p", { class: "buttons" }, button(t("conflict_done"), finish, { class: "primary" })));
}
