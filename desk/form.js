// The form: every field of an article, with its limit, its hint, and what is wrong with it.

import { bodyEditor } from "./body.js";
import { relatedField, tagsField } from "./chosen.js";
import { fill, h } from "./dom.js";
import { fromField, nowIn, toField } from "./moments.js";
import { number, t } from "./words.js";

// Limits of article.schema.json.
const TEXTS = {
  title: { most: 300, rows: 2 },
  summary: { most: 2000, rows: 4 },
  author: { most: 200 },
  source: { most: 300 },
  change_note: { most: 500, rows: 2 },
  correction: { most: 2000, rows: 3 },
  decision: { most: 200 },
};
const REQUIRED = new Set(["title", "summary", "body", "author", "section", "published_at"]);
const OPTIONAL = ["source", "tags", "language", "related", "expires_at", "change_note", "correction", "decision"];
export const FIELDS = ["title", "summary", "body", "author", "section", "published_at", ...OPTIONAL];
const NEAR_LIMIT = 0.9;

/** The form of one article. `changed` is called whenever something was typed. */
export class Form {
  #fields = {};
  #session;
  #changed;
  #body = null;
  #silent = false;

  constructor(session, changed, { id = null } = {}) {
    this.#session = session;
    this.#changed = () => this.#silent || changed();
    this.summary = h("section", { class: "faults", "aria-labelledby": "faults-title", hidden: true });
    this.id = id;
  }

  /** Make the form's elements, with an article in them: `{main, side}`. */
  async draw(article) {
    const text = (name) => this.#text(name);
    const label = h("span", { class: "label", id: "label-body" }, t("field_body"), this.#star("body"));
    const place = h("div", { class: "body" });
    this.#body = await bodyEditor({ html: article.body ?? "", label: "label-body", described: "error-body", changed: this.#changed });
    place.append(this.#body.element);
    this.#fields.body = {
      get: () => this.#body.html(), set: (html) => this.#body.set(html), focus: () => this.#body.focus(),
      setInvalid: (is) => this.#body.setInvalid(is),
    };
    const body = this.#box("body", label, place);
    const main = h("div", { class: "main" }, text("title"), text("summary"), body);
    const side = h("div", { class: "side" },
      this.#choice("section", this.#session.sections.map(({ slug, title }) => [slug, title]), t("choose_section")),
      this.#publishedAt(),
      text("author"),
      this.#several("tags", tagsField),
      text("source"),
      h("details", { class: "more" }, h("summary", {}, t("more_fields")),
        this.#choice("language", [["vi", "Tiếng Việt"], ["en", "English"]], t("language_of_site")),
        this.#several("related", (attributes, changed) => relatedField(attributes, changed, this.id)),
        this.#moment("expires_at"),
        text("correction"),
        text("decision")),
      text("change_note"));
    this.set(article);
    return { main, side };
  }

  #star(name) {
    return REQUIRED.has(name) && h("span", { class: "star", "aria-hidden": "true" }, " *");
  }

  #box(name, label, ...content) {
    const error = h("p", { id: `error-${name}`, class: "error" });
    const box = h("div", { class: `field ${name}`, "data-field": name }, label, ...content, error);
    this.#fields[name].error = error;
    this.#fields[name].box = box;
    return box;
  }

  #attributes(name, ...described) {
    const hint = t(`hint_${name}`) ? [`hint-${name}`] : [];
    return {
      id: `field-${name}`,
      "aria-describedby": [...hint, ...described, `error-${name}`].join(" "),
      "aria-required": REQUIRED.has(name) && "true",
    };
  }

  #label(name) {
    return h("label", { for: `field-${name}` }, t(`field_${name}`), this.#star(name));
  }

  #hint(name) {
    const words = t(`hint_${name}`);
    return words && h("p", { id: `hint-${name}`, class: "hint" }, words);
  }

  #text(name) {
    const { most, rows } = TEXTS[name];
    const count = h("span", { class: "count", id: `count-${name}` });
    const draw = () => {
      const length = [...input.value].length;
      count.textContent = t("count", { length: number(length), most: number(most) });
      count.classList.toggle("near", length > most * NEAR_LIMIT);
      count.classList.toggle("over", length > most);
    };
    const typed = () => {
      draw();
      this.#changed();
    };
    const attributes = { ...this.#attributes(name, `count-${name}`), oninput: typed, autocomplete: "off" };
    const input = rows ? h("textarea", { rows, ...attributes }) : h("input", { type: "text", ...attributes });
    if (name === "title") {
      // A headline is one line, however long.
      input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    }
    this.#fields[name] = {
      get: () => (name === "title" ? input.value.replace(/\s*\n\s*/g, " ") : input.value),
      set: (value) => {
        input.value = value ?? "";
        draw();
      },
      focus: () => input.focus(),
      setInvalid: (is) => input.setAttribute("aria-invalid", String(is)),
    };
    return this.#box(name, this.#label(name), this.#hint(name), input, count);
  }

  #choice(name, choices, none) {
    const options = [["", none], ...choices].map(([value, words]) => h("option", { value }, words));
    const select = h("select", { ...this.#attributes(name), onchange: this.#changed }, options);
    this.#fields[name] = {
      get: () => select.value || undefined,
      set: (value) => {
        const isKnown = !value || [...select.options].some((each) => each.value === value);
        if (!isKnown) select.append(h("option", { value }, value));
        select.value = value ?? "";
      },
      focus: () => select.focus(),
      setInvalid: (is) => select.setAttribute("aria-invalid", String(is)),
    };
    return this.#box(name, this.#label(name), this.#hint(name), select);
  }

  #several(name, make) {
    const field = make(this.#attributes(name), this.#changed);
    this.#fields[name] = {
      ...field,
      set: (values) => field.set(values ?? []),
      setInvalid: (is) => field.element.querySelector("input").setAttribute("aria-invalid", String(is)),
    };
    return this.#box(name, this.#label(name), this.#hint(name), field.element);
  }

  /** A field for a moment: shown in the newsroom's zone; what is not touched stays to the second. */
  #moment(name, more = {}) {
    const { zone } = this.#session;
    let given = null;
    const input = h("input", { type: "datetime-local", ...this.#attributes(name), oninput: this.#changed, ...more });
    this.#fields[name] = {
      get: () => {
        if (!input.value) return undefined;
        return toField(given, zone) === input.value ? given : fromField(input.value, zone);
      },
      set: (iso) => {
        given = iso ?? null;
        input.value = toField(iso, zone);
      },
      focus: () => input.focus(),
      setInvalid: (is) => input.setAttribute("aria-invalid", String(is)),
    };
    return this.#box(name, this.#label(name), this.#hint(name), input);
  }

  /** When it is published: as soon as it is submitted, or at a moment of the editor's. */
  #publishedAt() {
    const box = this.#moment("published_at");
    const moment = this.#fields.published_at;
    const input = box.querySelector("input");
    const now = h("input", { type: "checkbox", id: "published-now", onchange: () => choose() });
    const choose = () => {
      input.disabled = now.checked;
      if (!now.checked && !input.value) moment.set(nowIn(this.#session.zone));
      this.#changed();
    };
    input.before(h("p", { class: "check" }, now, h("label", { for: "published-now" }, t("published_now"))));
    this.#fields.published_at = {
      ...moment,
      get: () => (now.checked ? undefined : moment.get()),
      set: (iso) => {
        now.checked = !iso;
        input.disabled = now.checked;
        moment.set(iso);
      },
      focus: () => (now.checked ? now : input).focus(),
    };
    return box;
  }

  /** Give what is typed: every field that has something in it. Without a moment it is published when it is sent. */
  get() {
    const found = FIELDS.map((name) => [name, this.#fields[name].get()]);
    const isThere = (value) => value !== undefined && value !== "" && !(Array.isArray(value) && !value.length);
    return Object.fromEntries(found.filter(([, value]) => isThere(value)));
  }

  /** Give the article as it is submitted: what is required is there, though it be empty, and is judged. */
  article() {
    const given = this.get();
    const required = Object.fromEntries([...REQUIRED].map((name) => [name, given[name] ?? ""]));
    return { ...required, ...given, published_at: given.published_at ?? nowIn(this.#session.zone) };
  }

  /** Put an article into the fields. */
  set(article) {
    this.#silent = true;
    for (const name of FIELDS) this.#fields[name].set(name === "body" ? article.body ?? "" : article[name]);
    this.#silent = false;
  }

  setOne(name, value) {
    this.#fields[name].set(value);
    this.#changed();
  }

  /** Show what is wrong, each at its field, and all of it in a summary, which gets the focus. */
  showFaults(errors) {
    this.clearFaults();
    for (const { pointer, message } of errors) {
      const name = fieldOf(pointer);
      if (!name) continue;
      const field = this.#fields[name];
      field.error.append(h("span", {}, message));
      field.setInvalid(true);
      field.box.classList.add("wrong");
      field.box.closest("details")?.setAttribute("open", "");
    }
    if (!errors.length) return;
    const heading = h("h2", { id: "faults-title", tabindex: "-1" }, t("faults", { count: errors.length }));
    const lines = errors.map(({ pointer, message }) => {
      const name = fieldOf(pointer);
      if (!name) return h("li", {}, pointer && pointer !== "/" ? `${pointer}: ${message}` : message);
      const go = (event) => {
        event.preventDefault();
        this.focus(name);
      };
      return h("li", {}, h("a", { href: `#field-${name}`, onclick: go }, t(`field_${name}`)), `: ${message}`);
    });
    fill(this.summary, heading, h("ul", {}, lines)).hidden = false;
    heading.focus();
  }

  clearFaults() {
    fill(this.summary).hidden = true;
    for (const { error, box, setInvalid } of Object.values(this.#fields)) {
      fill(error);
      box.classList.remove("wrong");
      setInvalid(false);
    }
  }

  focus(name) {
    const field = this.#fields[name];
    field.box.closest("details")?.setAttribute("open", "");
    field.box.scrollIntoView({ block: "center" });
    field.focus();
  }

  destroy() {
    this.#body?.destroy();
  }
}

/** Give the field that a JSON pointer names; of a pointer to the whole, none. */
function fieldOf(pointer) {
  const name = (pointer ?? "").split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
  return FIELDS.includes(name) ? name : null;
}
