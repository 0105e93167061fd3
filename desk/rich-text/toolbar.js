// The editor's toolbar: one stop of the tab key, and arrow keys within it (WAI-ARIA's pattern of a toolbar).

import * as commands from "./commands.js";

const isMac = navigator.platform.startsWith("Mac");
const keyName = (keys) => keys.replace("Mod", isMac ? "⌘" : "Ctrl").replaceAll("-", "+");

// Drawings of 16 by 16, as lines.
const ICONS = {
  link: "M6.5 9.5l3-3M7 4.5l1.4-1.4a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5l-1.4 1.4a2.8 2.8 0 0 1-4-4L5 7.5",
  ul: "M6 4h8M6 8h8M6 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  ol: "M7 4h7M7 8h7M7 12h7M2 3l1.2-.6v3.2M2 10.6c0-1.2 2-1.2 2 0 0 .8-2 1.2-2 2.4h2.2",
  nest: "M2 3h12M2 13h12M8 6.4h6M8 9.6h6M2 6l3 2-3 2z",
  unnest: "M2 3h12M2 13h12M8 6.4h6M8 9.6h6M5 6L2 8l3 2z",
  blockquote: "M3 3v10M6 5h8M6 8h8M6 11h5",
  rule: "M2 8h12M4 3.5h8M4 12.5h8",
  clear: "M4 3h9M8.5 3L7 13M10 10l4 4M14 10l-4 4",
  table: "M2 3h12v10H2zM2 6.4h12M2 9.7h12M6.5 3v10",
  addRow: "M2 3h12v4H2zM8 9v5M5.5 11.5h5",
  addColumn: "M3 2v12h4V2zM9 8h5M11.5 5.5v5",
  deleteRow: "M2 3h12v4H2zM6 9.5l4 4M10 9.5l-4 4",
  deleteColumn: "M3 2v12h4V2zM9.5 6l4 4M13.5 6l-4 4",
  deleteTable: "M2 3h12v10H2zM5.5 5.5l5 5M10.5 5.5l-5 5",
  caption: "M2 2.5h12M4 5h8M2 8h12v6H2zM2 11h12M8 8v6",
};
const SVG = "http://www.w3.org/2000/svg";

function icon(path) {
  const drawing = document.createElementNS(SVG, "svg");
  const line = drawing.appendChild(document.createElementNS(SVG, "path"));
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  return drawing;
}

const FORMATS = [
  ["strong", "B", "Mod-B"], ["em", "I", "Mod-I"], ["u", "U", "Mod-U"], ["s", "S"], ["sub", "x₂"], ["sup", "x²"],
];
const LINES = ["p", "h2", "h3", "h4", "pre"];
const MORE_FORMATS = ["q", "cite", "code"];

/** Make a toolbar; `run` runs a command on the text. */
export function toolbar({ t, run, editLink, focus }) {
  const element = document.createElement("div");
  const buttons = [];
  element.className = "text-tools";
  element.setAttribute("role", "toolbar");
  element.setAttribute("aria-label", t("text_tools"));

  const group = () => element.appendChild(Object.assign(document.createElement("div"), { className: "group" }));
  const add = (place, name, sign, act, { keys, isOn, isThere } = {}) => {
    const button = place.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = `tool ${name}`;
    if (ICONS[name]) button.append(icon(ICONS[name]));
    else button.dataset.sign = sign; // drawn by the style: the name is what it says
    const words = t(`text_${name}`);
    button.setAttribute("aria-label", words);
    button.title = keys ? `${words} (${keyName(keys)})` : words;
    if (keys) button.setAttribute("aria-keyshortcuts", keys.replace("Mod", isMac ? "Meta" : "Control").replaceAll("-", "+"));
    button.tabIndex = -1;
    // The text keeps its selection.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      act();
      if (act !== editLink) focus();
    });
    buttons.push({ button, isOn, isThere });
    return button;
  };
  const does = (command) => () => run(command);

  const kinds = group().appendChild(document.createElement("select"));
  kinds.setAttribute("aria-label", t("text_line_kind"));
  kinds.title = t("text_line_kind");
  kinds.tabIndex = -1;
  for (const kind of LINES) kinds.add(new Option(t(`text_line_${kind}`), kind));
  kinds.addEventListener("change", () => {
    run(commands.setLineKind(kinds.value));
    focus();
  });

  const formats = group();
  for (const [tag, sign, keys] of FORMATS) {
    add(formats, tag, sign, does(commands.toggleFormatting(tag)), { keys, isOn: (state) => commands.isFormatted(state, tag) });
  }
  add(group(), "link", "", editLink, { keys: "Mod-K", isOn: (state) => commands.linkAt(state) !== null });
  const blocks = group();
  add(blocks, "ul", "", does(commands.toggleList("ul")), { keys: "Mod-Shift-8", isOn: (state) => commands.isWithin(state, "ul") });
  add(blocks, "ol", "", does(commands.toggleList("ol")), { keys: "Mod-Shift-7", isOn: (state) => commands.isWithin(state, "ol") });
  add(blocks, "nest", "", does(commands.nestItem), { keys: "Mod-]", isThere: (state) => commands.isWithin(state, "li") });
  add(blocks, "unnest", "", does(commands.leaveItem), { keys: "Mod-[", isThere: (state) => commands.isWithin(state, "li") });
  add(blocks, "blockquote", "", does(commands.toggleQuotation), { keys: "Mod-Shift-9", isOn: (state) => commands.isWithin(state, "blockquote") });
  add(blocks, "rule", "", does(commands.insertRule));
  const more = group();
  for (const tag of MORE_FORMATS) {
    const sign = { q: "“ ”", cite: "Ci", code: "<>" }[tag];
    add(more, tag, sign, does(commands.toggleFormatting(tag)), { isOn: (state) => commands.isFormatted(state, tag) });
  }
  add(more, "clear", "", does(commands.clearFormatting), { keys: "Mod-\\" });
  const tables = group();
  add(tables, "table", "", does(commands.insertTable), { isThere: (state) => !commands.isInTable(state) });
  for (const name of ["addRow", "addColumn", "deleteRow", "deleteColumn", "deleteTable"]) {
    add(tables, name, "", does(commands.inTable[name]), { isThere: commands.isInTable });
  }
  add(tables, "caption", "", does(commands.goToCaption), { isThere: commands.isInTable });

  const stops = () => [kinds, ...buttons.filter(({ button }) => !button.hidden).map(({ button }) => button)];
  const stopAt = (stop) => {
    for (const each of [kinds, ...buttons.map(({ button }) => button)]) each.tabIndex = each === stop ? 0 : -1;
  };
  stopAt(kinds);
  element.addEventListener("focusin", (event) => stopAt(event.target));
  element.addEventListener("keydown", (event) => {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") focus();
    if (to === undefined) return;
    event.preventDefault();
    all[(to + all.length) % all.length].focus();
  });

  return {
    element,
    focus: () => stops()[0].focus(),
    update(state) {
      kinds.value = commands.lineKind(state);
      for (const { button, isOn, isThere } of buttons) {
        if (isOn) button.setAttribute("aria-pressed", String(isOn(state)));
        if (isThere) button.hidden = !isThere(state);
      }
      if (!stops().some((each) => each.tabIndex === 0)) stopAt(kinds);
    },
  };
}
