// Corrections and takedowns: one dialog each, which asks for the reason and for the decision behind it.

import { button, dialog, h } from "./dom.js";
import { t } from "./words.js";

const MOST = { correction: 2000, change_note: 500, decision: 200 };

function field(name, { label, hint, rows, value = "", isRequired }) {
  const id = `ask-${name}`;
  const attributes = { id, required: isRequired, maxlength: MOST[name], "aria-describedby": hint && `${id}-hint`, value, autocomplete: "off" };
  const input = rows ? h("textarea", { rows, ...attributes }) : h("input", { type: "text", ...attributes });
  const box = h("div", { class: "field" },
    h("label", { for: id }, label, isRequired && h("span", { class: "star", "aria-hidden": "true" }, " *")),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint), input);
  return { box, input, value: () => input.value.trim() };
}

function asked(title, draw, words, read, { danger = false } = {}) {
  return dialog(title, (close) => {
    const send = (event) => {
      event.preventDefault();
      const given = read();
      if (given) close(given);
    };
    return h("form", { onsubmit: send }, draw(),
      h("p", { class: "buttons" },
        h("button", { class: danger ? "primary danger" : "primary" }, words),
        button(t("cancel"), () => close())));
  });
}

/** Ask for a correction: `{correction, change_note, decision}`, or nothing when it was left. */
export function askCorrection(article) {
  const correction = field("correction", { label: t("ask_correction"), hint: t("ask_correction_hint"), rows: 4, value: article.correction, isRequired: true });
  const decision = field("decision", { label: t("field_decision"), hint: t("ask_decision_hint"), value: article.decision });
  correction.input.setAttribute("data-first", "");
  const read = () => {
    if (!correction.value()) return null;
    const note = correction.value().replace(/\s+/g, " ");
    const short = [...note].length > MOST.change_note ? `${[...note].slice(0, MOST.change_note - 1).join("")}…` : note;
    return { correction: correction.value(), change_note: short, decision: decision.value() };
  };
  return asked(t("correct_title"), () => [h("p", {}, t("correct_explained")), correction.box, decision.box], t("correct_send"), read);
}

/** Ask how and why an article is taken down: `{wanted, change_note, decision}`, or nothing when it was left. */
export function askTakedown({ asks, live }) {
  const reason = field("change_note", { label: t("ask_reason"), hint: t("ask_reason_hint"), rows: 3, isRequired: true });
  const decision = field("decision", { label: t("field_decision"), hint: t("ask_decision_hint") });
  const kinds = ["withdrawn", "gone"].filter((kind) => kind !== live);
  const radios = kinds.map((kind, index) => {
    const input = h("input", { type: "radio", name: "take-down", id: `take-down-${kind}`, value: kind, checked: index === 0, "data-first": index === 0 && "" });
    return { input, box: h("p", { class: "check" }, input, h("label", { for: input.id }, t(`take_down_${kind}`))) };
  });
  const draw = () => [
    h("p", {}, t(asks ? "take_down_asks" : "take_down_explained")),
    h("fieldset", {}, h("legend", {}, t("take_down_how")), radios.map(({ box }) => box)),
    reason.box, decision.box,
  ];
  const read = () => {
    if (!reason.value()) return null;
    return { wanted: radios.find(({ input }) => input.checked).input.value, change_note: reason.value(), decision: decision.value() };
  };
  return asked(t("take_down_title"), draw, t(asks ? "take_down_review" : "take_down_send"), read, { danger: true });
}
