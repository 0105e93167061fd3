// The rich-text editor: ProseMirror over a schema of what the sanitiser keeps.

import { baseKeymap, chainCommands, exitCode, selectParentNode } from "prosemirror-commands";
import { gapCursor } from "prosemirror-gapcursor";
import { history, redo, undo } from "prosemirror-history";
import { inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { DOMSerializer } from "prosemirror-model";
import { EditorState, Plugin } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import * as commands from "./commands.js";
import { Losses, isAllowed, readDocument, readSlice } from "./reading.js";
import { schema } from "./schema.js";
import { toolbar } from "./toolbar.js";
import { withoutStyles } from "./word-paste.js";
import { write } from "./writing.js";

const { nodes } = schema;

const KEYS = {
  "Mod-z": undo,
  "Shift-Mod-z": redo,
  "Mod-y": redo,
  "Mod-b": commands.toggleFormatting("strong"),
  "Mod-i": commands.toggleFormatting("em"),
  "Mod-u": commands.toggleFormatting("u"),
  "Mod-\\": commands.clearFormatting,
  "Mod-Alt-0": commands.setLineKind("p"),
  "Mod-Alt-2": commands.setLineKind("h2"),
  "Mod-Alt-3": commands.setLineKind("h3"),
  "Mod-Alt-4": commands.setLineKind("h4"),
  "Mod-Shift-7": commands.toggleList("ol"),
  "Mod-Shift-8": commands.toggleList("ul"),
  "Mod-Shift-9": commands.toggleQuotation,
  "Mod-[": commands.leaveItem,
  "Mod-]": commands.nestItem,
  "Shift-Enter": chainCommands(exitCode, commands.insertBreak),
  Enter: commands.nextItem,
  // Tab stays the browser's, so that nobody is caught in the text; but in a table it goes from cell to cell.
  Tab: commands.inTable.next,
  "Shift-Tab": commands.inTable.previous,
  "Mod-Shift-p": selectParentNode,
};

const rules = inputRules({
  rules: [
    wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
    textblockTypeInputRule(/^##\s$/, nodes.heading, { level: 2 }),
    textblockTypeInputRule(/^###\s$/, nodes.heading, { level: 3 }),
  ],
});

/** Parse HTML without showing it: nothing of it runs, and nothing is loaded. `trusted` is the page's own policy. */
const parsed = (html, trusted) => new DOMParser().parseFromString(trusted(html), "text/html").body;

/** Turn any HTML into what the editor would submit of it, and tell what was left out. */
export function cleaned(html, trusted) {
  const losses = new Losses();
  return { html: write(readDocument(parsed(html, trusted), losses)), pictures: losses.pictures };
}

/**
 * Put an editor into a place.
 *
 * `label` and `described` are ids of elements that name and describe it, `t` gives words, `ask` asks for a link's
 * address (`{href, text}`, what stands there now, and whether a text is needed), `trusted` is the page's own policy of
 * trusted types, `changed` is called when the text has changed.
 */
export function create(place, { html, label, described, t, ask, trusted, changed }) {
  let view = null;
  const editLink = async () => {
    const link = commands.linkAt(view.state);
    const { from, to } = link ?? view.state.selection;
    const answer = await ask({ href: link?.mark.attrs.href ?? "", text: view.state.doc.textBetween(from, to, " "), isNew: !link });
    view.focus();
    if (answer) commands.setLink(answer.href, answer.text)(view.state, view.dispatch);
  };
  const bar = toolbar({ t, run: (command) => command(view.state, view.dispatch, view), editLink, focus: () => view.focus() });
  const keys = { ...KEYS, "Mod-k": () => (editLink(), true), "Alt-F10": () => (bar.focus(), true) };
  const state = (doc) =>
    EditorState.create({
      doc,
      plugins: [
        rules,
        keymap(keys),
        keymap(baseKeymap),
        history(),
        gapCursor(),
        new Plugin({ view: () => ({ update: (now) => bar.update(now.state) }) }),
      ],
    });
  view = new EditorView(place, {
    state: state(readDocument(parsed(html, trusted))),
    attributes: { role: "textbox", "aria-multiline": "true", "aria-labelledby": label, "aria-describedby": described, class: "text" },
    // What is pasted within the editor says where it comes from, and is left as it is.
    transformPastedHTML: (html) => (html.includes("data-pm-slice") ? html : withoutStyles(html, (text) => parsed(text, trusted))),
    clipboardParser: { parseSlice: readSlice },
    clipboardSerializer: DOMSerializer.fromSchema(schema),
    handleTextInput: typedAfterLink,
    dispatchTransaction(transaction) {
      view.updateState(view.state.apply(transaction));
      if (transaction.docChanged) changed();
    },
  });
  place.prepend(bar.element);
  bar.update(view.state);
  return {
    html: () => write(view.state.doc),
    set: (text) => {
      view.updateState(state(readDocument(parsed(text, trusted))));
      bar.update(view.state);
    },
    focus: () => view.focus(),
    setInvalid: (isInvalid) => view.dom.setAttribute("aria-invalid", String(isInvalid)),
    destroy: () => view.destroy(),
  };
}

/** What is typed at the end of a link stands outside of it. */
function typedAfterLink(view, from, to, text) {
  const { $from, empty } = view.state.selection;
  const isLink = (mark) => mark.attrs.tag === "a";
  if (!empty || from !== to || view.state.storedMarks || !$from.marks().some(isLink)) return false;
  if ($from.nodeAfter?.marks.some(isLink)) return false;
  const marks = $from.marks().filter((mark) => !isLink(mark));
  view.dispatch(view.state.tr.setStoredMarks(marks).replaceSelectionWith(schema.text(text, marks), false).scrollIntoView());
  return true;
}

export { isAllowed };
