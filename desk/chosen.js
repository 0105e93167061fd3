// Fields of several values: what is chosen as a list, each with a button that takes it off.

import { articles, status } from "./api.js";
import { announce, button, debounced, fill, h } from "./dom.js";
import { t } from "./words.js";

const SEARCH_DELAY = 250;
const MOST_FOUND = 6;

/** Keep a list of values in an element: `{element, get(), set(values), add(value)}`; `name` gives a value's words. */
function chosenList({ label, name, changed, input }) {
  let values = [];
  const element = h("ul", { class: "chosen", "aria-label": label });
  const draw = () => {
    const items = values.map((value, index) =>
      h("li", {}, h("span", {}, name(value)),
        button("×", () => remove(index), { "aria-label": t("take_off", { name: name(value) }), class: "take-off" })));
    fill(element, items);
    element.hidden = !values.length;
  };
  const remove = (index) => {
    announce(t("taken_off", { name: name(values[index]) }));
    values = values.filter((_, each) => each !== index);
    draw();
    (element.querySelectorAll("button")[index] ?? input).focus();
    changed();
  };
  draw();
  return {
    element,
    draw,
    get: () => values,
    set: (given) => {
      values = [...given];
      draw();
    },
    add: (value) => {
      if (!value || values.includes(value)) return;
      values = [...values, value];
      draw();
      announce(t("added", { name: name(value) }));
      changed();
    },
  };
}

/** Make a field of tags: Enter or a comma ends one. */
export function tagsField(attributes, changed) {
  const input = h("input", { ...attributes, type: "text", autocomplete: "off" });
  const chosen = chosenList({ label: t("tags_chosen"), name: (value) => value, changed, input });
  const take = () => {
    input.value.split(",").forEach((each) => chosen.add(each.trim()));
    input.value = "";
  };
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== ",")) return;
    event.preventDefault();
    take();
  });
  input.addEventListener("blur", take);
  return { element: h("div", {}, chosen.element, input), focus: () => input.focus(), get: chosen.get, set: chosen.set };
}

/** Make a field of articles, which are searched by title. */
export function relatedField(attributes, changed, own) {
  const titles = new Map();
  const input = h("input", { ...attributes, type: "search", autocomplete: "off" });
  const name = (id) => titles.get(id) ?? id;
  const chosen = chosenList({ label: t("related_chosen"), name, changed, input });
  const found = h("ul", { class: "found", "aria-label": t("related_found"), hidden: true });
  const search = debounced(async () => {
    const q = input.value.trim();
    const answer = q ? await articles({ q }).catch(() => ({ articles: [] })) : { articles: [] };
    const fitting = answer.articles.filter(({ id, title }) => id !== own && title).slice(0, MOST_FOUND);
    fitting.forEach(({ id, title }) => titles.set(id, title));
    fill(found, fitting.map(({ id, title }) => h("li", {}, button(title, () => take(id), { class: "quiet" }))));
    found.hidden = !fitting.length;
    if (q) announce(t("found", { count: fitting.length }));
  }, SEARCH_DELAY);
  const take = (id) => {
    chosen.add(id);
    input.value = "";
    fill(found).hidden = true;
    input.focus();
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  return {
    element: h("div", {}, chosen.element, input, found),
    focus: () => input.focus(),
    get: chosen.get,
    set: (ids) => {
      chosen.set(ids);
      for (const id of ids.filter((each) => !titles.has(each))) learn(id);
    },
  };

  async function learn(id) {
    const known = await status(id).catch(() => null);
    if (!known?.title) return;
    titles.set(id, known.title);
    chosen.draw();
  }
}
