// What the toolbar and the keys do to a text.

import { chainCommands, lift, setBlockType, wrapIn } from "prosemirror-commands";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { TextSelection } from "prosemirror-state";
import {
  addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, fixTables, goToNextCell, isInTable,
} from "prosemirror-tables";
import { schema } from "./schema.js";

const { nodes, marks } = schema;
const ALIKE = { strong: ["strong", "b"], em: ["em", "i"] };
const tagsOf = (tag) => ALIKE[tag] ?? [tag];

/** Give the formatting of some tag that a text has. */
const formattingOf = (found, tag) => found.filter((mark) => tagsOf(tag).includes(mark.attrs.tag));

/** Tell whether all that is selected has a formatting; or what is typed next will have it. */
export function isFormatted(state, tag) {
  const { from, to, empty, $from } = state.selection;
  if (empty) return formattingOf(state.storedMarks ?? $from.marks(), tag).length > 0;
  let all = true;
  let any = false;
  state.doc.nodesBetween(from, to, (node) => {
    if (!node.isInline) return;
    any = true;
    all &&= formattingOf(node.marks, tag).length > 0;
  });
  return any && all;
}

/** Put a formatting on what is selected, or take it off where all has it. */
export const toggleFormatting = (tag) => (state, dispatch) => {
  const { from, to, empty, $from } = state.selection;
  if (!$from.parent.inlineContent && empty) return false;
  if (!dispatch) return true;
  const { tr } = state;
  const isOn = isFormatted(state, tag);
  if (empty) {
    const now = state.storedMarks ?? $from.marks();
    const others = now.filter((mark) => !formattingOf([mark], tag).length);
    dispatch(tr.setStoredMarks(isOn ? others : [...others, marks.inline.create({ tag })]));
    return true;
  }
  state.doc.nodesBetween(from, to, (node, at) => {
    if (!node.isInline) return;
    const [begin, end] = [Math.max(at, from), Math.min(at + node.nodeSize, to)];
    if (isOn) for (const mark of formattingOf(node.marks, tag)) tr.removeMark(begin, end, mark);
    else if (!formattingOf(node.marks, tag).length) tr.addMark(begin, end, marks.inline.create({ tag }));
  });
  dispatch(tr.scrollIntoView());
  return true;
};

/** Take all formatting off what is selected. */
export const clearFormatting = (state, dispatch) => {
  const { from, to, empty } = state.selection;
  if (empty) return false;
  dispatch?.(state.tr.removeMark(from, to, marks.inline));
  return true;
};

/** Give the link that the selection stands in: its mark, and where it begins and ends; or null. */
export function linkAt(state) {
  const { $from, from, to } = state.selection;
  const [mark] = formattingOf([...$from.marks(), ...($from.nodeAfter?.marks ?? [])], "a");
  if (!mark) return null;
  const parent = $from.parent;
  const start = $from.start();
  let found = null;
  parent.forEach((node, offset) => {
    if (!mark.isInSet(node.marks)) return;
    const [begin, end] = [start + offset, start + offset + node.nodeSize];
    if (found && found.to === begin) found.to = end;
    else if (!found || found.to < from) found = { mark, from: begin, to: end };
  });
  return found && found.to >= from && found.from <= to ? found : null;
}

/** Make a link of what is selected, or of the text given where nothing is; none without an address. */
export const setLink = (href, text) => (state, dispatch) => {
  const { tr } = state;
  const present = linkAt(state);
  let { from, to } = present ?? state.selection;
  if (present) tr.removeMark(from, to, present.mark);
  if (href) {
    if (from === to) {
      tr.insertText(text || href, from);
      to = from + (text || href).length;
    }
    const title = present?.mark.attrs.title ?? null;
    tr.addMark(from, to, marks.inline.create({ tag: "a", href, title }));
    tr.setSelection(TextSelection.create(tr.doc, to)).removeStoredMark(marks.inline);
  }
  dispatch?.(tr.scrollIntoView());
  return true;
};

/** Tell what kind of line the selection is in: paragraph, heading of a level, or pre. */
export function lineKind(state) {
  const { parent } = state.selection.$from;
  if (parent.type === nodes.heading) return `h${parent.attrs.level}`;
  return parent.type === nodes.pre ? "pre" : "p";
}

export const setLineKind = (kind) => {
  if (kind === "pre") return setBlockType(nodes.pre);
  return kind === "p" ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level: Number(kind[1]) });
};

const around = (state, type) => {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return depth;
  return 0;
};

export const isWithin = (state, name) => around(state, nodes[name]) > 0;

/** Make a list of the selected paragraphs, another kind of list of a list, or no list of one of that kind. */
export const toggleList = (name) => (state, dispatch) => {
  const type = nodes[name];
  const other = nodes[name === "ul" ? "ol" : "ul"];
  const [own, others] = [around(state, type), around(state, other)];
  if (own > others) return leaveItem(state, dispatch);
  if (others) {
    dispatch?.(state.tr.setNodeMarkup(state.selection.$from.before(others), type, { lang: null }));
    return true;
  }
  return wrapInList(type)(state, dispatch && ((tr) => dispatch(loosened(tr))));
};

/** In items, lines that were paragraphs become plain text, as lists have it. */
function loosened(tr) {
  const { from, to } = tr.selection;
  tr.doc.nodesBetween(from, to, (node, at, parent) => {
    if (node.type === nodes.paragraph && parent.type === nodes.li && parent.childCount === 1) tr.setNodeMarkup(at, nodes.loose);
  });
  return tr;
}

/** Out of a list, plain text becomes a paragraph again. */
function paragraphed(tr) {
  const { from, to } = tr.selection;
  tr.doc.nodesBetween(from, to, (node, at, parent) => {
    if (node.type === nodes.loose && [nodes.doc, nodes.blockquote].includes(parent.type)) tr.setNodeMarkup(at, nodes.paragraph);
  });
  return tr;
}

export const leaveItem = (state, dispatch) => liftListItem(nodes.li)(state, dispatch && ((tr) => dispatch(paragraphed(tr))));
export const nestItem = sinkListItem(nodes.li);
export const nextItem = chainCommands(
  (state, dispatch) => splitListItem(nodes.li)(state, dispatch),
  (state, dispatch) => {
    const { $from, empty } = state.selection;
    return isWithin(state, "li") && empty && !$from.parent.childCount ? leaveItem(state, dispatch) : false;
  },
);

export const toggleQuotation = (state, dispatch) =>
  isWithin(state, "blockquote") ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch);

export const insertRule = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(nodes.rule.create()).scrollIntoView());
  return true;
};

export const insertBreak = (state, dispatch) => {
  const { $from } = state.selection;
  if (!$from.parent.inlineContent) return false;
  dispatch?.(state.tr.replaceSelectionWith(nodes.line_break.create(null, null, $from.marks()), false).scrollIntoView());
  return true;
};

/** Insert a table of three columns, with a row of headings and two of cells. */
export const insertTable = (state, dispatch) => {
  if (isInTable(state)) return false;
  const columns = [1, 2, 3];
  const headings = nodes.row.create({ part: "thead 0 " }, columns.map(() => nodes.header.createAndFill({ scope: "col" })));
  const row = () => nodes.row.create({ part: "tbody 1 " }, columns.map(() => nodes.cell.createAndFill()));
  const figure = nodes.figure.create(null, nodes.table.create(null, [headings, row(), row()]));
  const { tr } = state;
  tr.replaceSelectionWith(figure);
  const at = tr.mapping.map(state.selection.from, -1);
  let first = null;
  tr.doc.nodesBetween(Math.max(at - 1, 0), tr.doc.content.size, (node, place) => {
    if (first === null && node.type === nodes.header) first = place;
    return first === null;
  });
  dispatch?.(tr.setSelection(TextSelection.near(tr.doc.resolve(first + 1))).scrollIntoView());
  return true;
};

/** Do something to a table that may lack cells: it gets them first. */
const onTable = (command) => (state, dispatch, view) => {
  if (!isInTable(state)) return false;
  if (!dispatch) return true;
  const mended = fixTables(state);
  if (mended) dispatch(mended);
  return command(mended ? state.apply(mended) : state, dispatch, view);
};

/** Delete a whole table with what belongs to it. */
const deleteFigure = (state, dispatch) => {
  const depth = around(state, nodes.figure);
  if (!depth) return deleteTable(state, dispatch);
  const { $from } = state.selection;
  dispatch?.(state.tr.delete($from.before(depth), $from.after(depth)).scrollIntoView());
  return true;
};

export const inTable = {
  addRow: onTable(addRowAfter),
  addColumn: onTable(addColumnAfter),
  deleteRow: onTable((state, dispatch) => (around(state, nodes.table) && rowsOf(state) === 1 ? deleteFigure : deleteRow)(state, dispatch)),
  deleteColumn: onTable((state, dispatch) => (columnsOf(state) === 1 ? deleteFigure : deleteColumn)(state, dispatch)),
  deleteTable: onTable(deleteFigure),
  next: (state, dispatch) => isInTable(state) && goToNextCell(1)(state, dispatch),
  previous: (state, dispatch) => isInTable(state) && goToNextCell(-1)(state, dispatch),
};

const tableOf = (state) => state.selection.$from.node(around(state, nodes.table));
const rowsOf = (state) => tableOf(state).childCount;
const columnsOf = (state) => tableOf(state).firstChild.childCount;

/** Have the table's caption, and the cursor in it; a table without one gets one. */
export const goToCaption = (state, dispatch) => {
  const depth = around(state, nodes.figure);
  if (!depth) return false;
  const { $from } = state.selection;
  const at = $from.start(depth);
  const { tr } = state;
  if ($from.node(depth).firstChild.type !== nodes.caption) tr.insert(at, nodes.caption.createAndFill());
  dispatch?.(tr.setSelection(TextSelection.near(tr.doc.resolve(at + 1))).scrollIntoView());
  return true;
};

export { isInTable };
