// From HTML as a browser parses it to a text of the schema: what is not in it goes, and its words stay.

import { Fragment, Slice } from "prosemirror-model";
import { INLINE, SCHEMES, schema } from "./schema.js";

const RENAMED = { h1: "h2", h5: "h4", h6: "h4", strike: "s", del: "s", ins: "u" };
const DROPPED = new Set(
  "script style title textarea noscript noembed noframes iframe template svg math head meta link object audio video canvas".split(" "),
);
// Boxes around paragraphs.
const CONTAINERS = new Set(
  "div section article main header footer aside nav address center figure figcaption details summary fieldset form body html".split(" "),
);
const BLOCKS = new Set("p h2 h3 h4 pre hr blockquote ul ol li dl dt dd table caption thead tbody tfoot tr td th".split(" "));
const { nodes, marks } = schema;
let quotations = 0;

/** What was left out of a text: how many pictures, and which tags. */
export class Losses {
  pictures = 0;
}

/** Read an element's content as a whole text. */
export function readDocument(dom, losses = new Losses()) {
  const content = flow(dom, [], losses);
  return nodes.doc.create(null, content.length ? content : [nodes.paragraph.create()]);
}

/** Read what was pasted: as blocks that join the text at both ends, or as what stands in one line. */
export function readSlice(dom) {
  const content = flow(dom, [], new Losses());
  const [only] = content;
  // A part of a line is to join the line, and not to end its paragraph.
  if (content.length === 1 && only.type === nodes.loose) return new Slice(only.content, 0, 0);
  return Slice.maxOpen(Fragment.from(content));
}

const nameOf = (element) => RENAMED[element.localName] ?? element.localName;
const langOf = (element) => element.getAttribute("lang") || null;

function isBlockish(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  const name = nameOf(node);
  return BLOCKS.has(name) || CONTAINERS.has(name) || (!DROPPED.has(name) && [...node.childNodes].some(isBlockish));
}

/** Read what an element holds as blocks; text that stands between blocks becomes `loose`. */
function flow(element, formatting, losses) {
  const found = [];
  let line = new Line();
  const end = (type = nodes.loose) => {
    const content = line.content();
    if (content.length) found.push(type.create(null, content));
    line = new Line();
  };
  for (const child of element.childNodes) {
    if (!isBlockish(child)) {
      line.read(child, formatting, losses);
      continue;
    }
    end();
    const name = nameOf(child);
    if (BLOCKS.has(name)) found.push(...block(name, child, formatting, losses));
    else if (child.hasAttribute("data-loose")) found.push(...whole(nodes.loose, child, {}, formatting, losses));
    else if (CONTAINERS.has(name)) found.push(...asParagraphs(flow(child, formatting, losses)));
    else found.push(...flow(child, formatted(child, formatting), losses)); // formatting around blocks
  }
  end();
  return found;
}

/** The text of a box that stands for a paragraph becomes one. */
const asParagraphs = (blocks) => blocks.map((each) => (each.type === nodes.loose ? nodes.paragraph.create(null, each.content) : each));

function block(name, element, formatting, losses) {
  const attrs = { lang: langOf(element) };
  switch (name) {
    case "p":
      return whole(nodes.paragraph, element, attrs, formatting, losses, { evenEmpty: true });
    case "h2": case "h3": case "h4":
      return whole(nodes.heading, element, { ...attrs, level: Number(name[1]) }, formatting, losses, { evenEmpty: true });
    case "pre":
      return whole(nodes.pre, element, attrs, formatting, losses, { keepsSpaces: true, evenEmpty: true });
    case "hr":
      return [nodes.rule.create(attrs)];
    case "blockquote":
      return [nodes.blockquote.create(attrs, filled(flow(element, formatting, losses), nodes.paragraph))];
    case "ul":
      return list(nodes.ul, attrs, element, [nodes.li], formatting, losses);
    case "ol":
      return list(nodes.ol, { ...attrs, start: element.getAttribute("start") || null }, element, [nodes.li], formatting, losses);
    case "dl":
      return list(nodes.dl, attrs, element, [nodes.dd, nodes.dt], formatting, losses);
    case "li": // without a list around it
      return [nodes.ul.create(null, item(nodes.li, element, formatting, losses))];
    case "dt": case "dd":
      return [nodes.dl.create(null, item(nodes[name], element, formatting, losses))];
    case "table":
      return table(element, formatting, losses);
    default: // a part of a table without a table around it: its words stay
      return flow(element, formatting, losses);
  }
}

/** Read an element that holds one line; blocks within it, which do not belong there, come after it. */
function whole(type, element, attrs, formatting, losses, { keepsSpaces = false, evenEmpty = false } = {}) {
  if ([...element.childNodes].some(isBlockish)) {
    return flow(element, formatting, losses).map((each) => (each.type === nodes.loose ? type.create(attrs, each.content) : each));
  }
  const line = new Line(keepsSpaces);
  for (const child of element.childNodes) line.read(child, formatting, losses);
  const content = line.content();
  return content.length || evenEmpty ? [type.create(attrs, content)] : [];
}

const filled = (content, type = nodes.loose) => (content.length ? content : [type.create()]);
const item = (type, element, formatting, losses) =>
  type.create({ lang: langOf(element) }, filled(flow(element, formatting, losses)));

/** Read a list. What stands in it and in none of its items, another list for one, becomes part of one. */
function list(type, attrs, element, kinds, formatting, losses) {
  const items = [];
  let rest = document.createElement("div");
  const end = () => {
    const content = flow(rest, formatting, losses);
    if (content.length) items.push(kinds[0].create(null, content));
    rest = document.createElement("div");
  };
  for (const child of element.childNodes) {
    const kind = kinds.find(({ name }) => name === child.localName);
    if (!kind) {
      rest.append(child.cloneNode(true));
      continue;
    }
    end();
    items.push(item(kind, child, formatting, losses));
  }
  end();
  return items.length ? [type.create(attrs, items)] : [];
}

function table(element, formatting, losses) {
  const rows = [];
  const parts = [...element.children].filter((each) => ["thead", "tbody", "tfoot"].includes(each.localName));
  for (const [index, part] of parts.entries()) {
    for (const row of part.children) {
      if (row.localName !== "tr") continue;
      const own = row.getAttribute("data-part") ?? [part.localName, index, langOf(part) ?? ""].join(" ");
      rows.push(nodes.row.create({ lang: langOf(row), part: own }, cells(row, formatting, losses)));
    }
  }
  const [first, ...others] = [...element.children].filter((each) => each.localName === "caption");
  const inCaption = first ? flow(first, formatting, losses) : [];
  const isLine = ({ type }) => type === nodes.loose || type === nodes.paragraph;
  const rest = [...inCaption.filter((each) => !isLine(each)), ...others.flatMap((each) => flow(each, formatting, losses))];
  if (!rows.length) return [...inCaption.filter(isLine), ...rest];
  const caption = first && nodes.caption.create({ lang: langOf(first) }, filled(inCaption.filter(isLine)));
  const whole = nodes.table.create({ lang: langOf(element) }, rows);
  return [nodes.figure.create(null, caption ? [caption, whole] : [whole]), ...rest];
}

function cells(row, formatting, losses) {
  return [...row.children]
    .filter((each) => ["td", "th"].includes(each.localName))
    .map((each) => {
      const type = each.localName === "th" ? nodes.header : nodes.cell;
      const attrs = {
        lang: langOf(each),
        colspan: Math.min(Math.max(Number.parseInt(each.getAttribute("colspan") ?? 1, 10) || 1, 1), 100),
        rowspan: Math.min(Math.max(Number.parseInt(each.getAttribute("rowspan") ?? 1, 10) || 1, 1), 100),
        scope: type === nodes.header ? each.getAttribute("scope") || null : null,
      };
      return type.create(attrs, filled(flow(each, formatting, losses)));
    });
}

/** Give the formatting within an element: that around it, and its own. */
function formatted(element, formatting) {
  const tag = nameOf(element);
  if (!(tag in INLINE)) return formatting;
  const around = tag === "a" ? formatting.filter((each) => each.attrs.tag !== "a") : formatting;
  const attrs = { tag, lang: langOf(element) };
  for (const name of INLINE[tag]) attrs[name] = element.getAttribute(name) || null;
  if (attrs.href && !isAllowed(attrs.href)) attrs.href = null;
  const within = around.filter((each) => each.attrs.tag === tag).length;
  if (tag === "q") quotations += 1;
  attrs.nth = tag === "q" ? quotations : within;
  return [...around, marks.inline.create(attrs)];
}

/** Tell whether a link may lead there: by a scheme that the sanitiser knows, or within the site. */
export function isAllowed(href) {
  const address = href.replace(/[\u0000-\u0020]/g, "");
  return !/^[a-z][a-z0-9+.-]*:/i.test(address) || SCHEMES.has(`${address.split(":")[0].toLowerCase()}:`);
}

/** Gathers what stands in one line; runs of spaces become one, as a browser shows them. */
class Line {
  #found = [];
  #keepsSpaces;
  #mayHaveSpace = false; // not at the beginning

  constructor(keepsSpaces = false) {
    this.#keepsSpaces = keepsSpaces;
  }

  read(node, formatting, losses) {
    if (node.nodeType === Node.TEXT_NODE) this.#text(node.data, formatting);
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const name = nameOf(node);
    if (name === "img" || name === "picture") losses.pictures += 1;
    if (name === "br") {
      if (node.classList.contains("ProseMirror-trailingBreak")) return;
      this.#trim();
      this.#found.push(nodes.line_break.create({ lang: langOf(node) }, null, formatting));
      this.#mayHaveSpace = false;
    } else if (!DROPPED.has(name)) {
      const own = formatted(node, formatting);
      for (const child of node.childNodes) this.read(child, own, losses);
    }
  }

  #text(data, formatting) {
    let text = this.#keepsSpaces ? data : data.replace(/[ \t\r\n\f]+/g, " ");
    if (!this.#keepsSpaces) {
      if (!this.#mayHaveSpace) text = text.replace(/^ /, "");
      if (text) this.#mayHaveSpace = !text.endsWith(" ");
    }
    if (text) this.#found.push(schema.text(text, formatting));
  }

  /** Leave out a space at the end, which nobody sees. */
  #trim() {
    const last = this.#found.at(-1);
    if (this.#keepsSpaces || !last?.isText || !last.text.endsWith(" ")) return;
    this.#found.pop();
    const text = last.text.slice(0, -1);
    if (text) this.#found.push(schema.text(text, last.marks));
  }

  content() {
    this.#trim();
    return Fragment.fromArray(this.#found).content;
  }
}
