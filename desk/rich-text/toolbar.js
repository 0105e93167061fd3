// The editor's toolbar: one stop of the tab key, and arrow keys within it (WAI-ARIA's pattern of a toolbar).

import * as commands from "./commands.js";

const isMac = navigator.platform.startsWith("Mac");
const keyName = (keys) => keys.replace("Mod", isMac ? "⌘" : "Ctrl").replaceAll("-", "+");

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
    button.textContent = sign;
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
  add(group(), "link", "🔗", editLink, { keys: "Mod-K", isOn: (state) => commands.linkAt(state) !== null });
  const blocks = group();
  add(blocks, "ul", "•", does(commands.toggleList("ul")), { keys: "Mod-Shift-8", isOn: (state) => commands.isWithin(state, "ul") });
  add(blocks, "ol", "1.", does(commands.toggleList("ol")), { keys: "Mod-Shift-7", isOn: (state) => commands.isWithin(state, "ol") });
  add(blocks, "nest", "⇥", does(commands.nestItem), { keys: "Mod-]", isThere: (state) => commands.isWithin(state, "li") });
  add(blocks, "unnest", "⇤", does(commands.leaveItem), { keys: "Mod-[", isThere: (state) => commands.isWithin(state, "li") });
  add(blocks, "blockquote", "❝", does(commands.toggleQuotation), { keys: "Mod-Shift-9", isOn: (state) => commands.isWithin(state, "blockquote") });
  add(blocks, "rule", "―", does(commands.insertRule));
  const more = group();
  for (const tag of MORE_FORMATS) {
    const sign = { q: "“ ”", cite: "Ci", code: "<>" }[tag];
    add(more, tag, sign, does(commands.toggleFormatting(tag)), { isOn: (state) => commands.isFormatted(state, tag) });
  }
  add(more, "clear", "⌫", does(commands.clearFormatting), { keys: "Mod-\\" });
  const tables = group();
  add(tables, "table", "▦", does(commands.insertTable), { isThere: (state) => !commands.isInTable(state) });
  const signs = { addRow: "＋↓", addColumn: "＋→", deleteRow: "✕↓", deleteColumn: "✕→", deleteTable: "✕▦" };
  for (const [name, sign] of Object.entries(signs)) {
    add(tables, name, sign, does(commands.inTable[name]), { isThere: commands.isInTable });
  }
  add(tables, "caption", "▤", does(commands.goToCaption), { isThere: commands.isInTable });

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
