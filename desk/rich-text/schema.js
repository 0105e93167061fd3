// What a text may be made of: what the sanitiser keeps (layers/portal/portal/markup.py), and nothing else.

import { Schema } from "prosemirror-model";

/** Formatting within a line, by tag, with the attributes that each may have besides `lang`. */
export const INLINE = {
  strong: [], b: [], em: [], i: [], u: [], s: [], sub: [], sup: [], cite: [], q: [], code: [],
  a: ["href", "title"],
  abbr: ["title"],
};
export const LEVELS = [2, 3, 4];
export const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

const LINE = "inline*";
const FLOW = "(paragraph | loose | block)+"; // what begins as paragraphs
const LOOSE_FLOW = "(loose | paragraph | block)+"; // what begins as text without a paragraph of its own

const lang = { lang: { default: null } };
const attributes = (node, ...names) => {
  const given = names.map((name) => [name, node.attrs[name]]);
  return Object.fromEntries([["lang", node.attrs.lang], ...given].filter(([, value]) => value !== null));
};
const element = (tag, content, more = {}) => ({
  content,
  attrs: lang,
  toDOM: (node) => [tag, attributes(node), 0],
  ...more,
});

const cell = (tag, role, ...names) => ({
  content: LOOSE_FLOW,
  tableRole: role,
  isolating: true,
  attrs: { ...lang, colspan: { default: 1 }, rowspan: { default: 1 }, colwidth: { default: null }, scope: { default: null } },
  toDOM: (node) => [tag, attributes(node, "colspan", "rowspan", ...names), 0],
});

export const schema = new Schema({
  nodes: {
    doc: { content: "(paragraph | loose | block)+" },
    paragraph: element("p", LINE, { parseDOM: [{ tag: "p" }] }),
    // Text that stands in a list's item, a cell or a quotation, or between blocks, without a paragraph around it.
    loose: { content: LINE, toDOM: () => ["div", { "data-loose": "" }, 0] },
    heading: {
      content: LINE, group: "block", defining: true,
      attrs: { ...lang, level: { default: 2 } },
      toDOM: (node) => [`h${node.attrs.level}`, attributes(node), 0],
    },
    pre: { content: LINE, group: "block", code: true, defining: true, attrs: lang, toDOM: (node) => ["pre", attributes(node), 0] },
    rule: { group: "block", attrs: lang, toDOM: (node) => ["hr", attributes(node)] },
    blockquote: element("blockquote", FLOW, { group: "block", defining: true }),
    ul: element("ul", "li+", { group: "block" }),
    ol: {
      content: "li+", group: "block",
      attrs: { ...lang, start: { default: null } },
      toDOM: (node) => ["ol", attributes(node, "start"), 0],
    },
    li: element("li", LOOSE_FLOW, { defining: true }),
    dl: element("dl", "(dt | dd)+", { group: "block" }),
    dt: element("dt", LOOSE_FLOW, { defining: true }),
    dd: element("dd", LOOSE_FLOW, { defining: true }),
    // A table's caption stands beside it here, since its rows must be all that it holds.
    figure: { content: "caption? table", group: "block", isolating: true, toDOM: () => ["div", { "data-figure": "" }, 0] },
    caption: { content: "(loose | paragraph)+", attrs: lang, isolating: true, toDOM: (node) => ["div", { "data-caption": "", ...attributes(node) }, 0] },
    table: { content: "row+", tableRole: "table", isolating: true, attrs: lang, toDOM: (node) => ["table", attributes(node), ["tbody", 0]] },
    row: {
      content: "(cell | header)*", tableRole: "row",
      // In which part it stands: its tag, the part's number, since a table may have several bodies, and its language.
      attrs: { ...lang, part: { default: null } },
      toDOM: (node) => ["tr", { ...attributes(node), ...(node.attrs.part && { "data-part": node.attrs.part }) }, 0],
    },
    cell: cell("td", "cell"),
    header: cell("th", "header_cell", "scope"),
    text: { group: "inline" },
    line_break: { inline: true, group: "inline", selectable: false, attrs: lang, parseDOM: [{ tag: "br" }], toDOM: (node) => ["br", attributes(node)] },
  },
  marks: {
    // One mark for all tags: marks of one kind stay in the order in which they were put on, so that what was nested
    // comes out nested alike. `nth` tells a tag within another of its kind from that one, and quotations side by side.
    inline: {
      excludes: "",
      attrs: { tag: {}, lang: { default: null }, href: { default: null }, title: { default: null }, nth: { default: 0 } },
      toDOM: (mark) => [mark.attrs.tag, attributes(mark, "href", "title"), 0],
    },
  },
});
