// From a text of the schema to the HTML that is submitted.

import { INLINE, schema } from "./schema.js";

const { nodes } = schema;
const NAMES = { paragraph: "p", row: "tr", rule: "hr", cell: "td", header: "th", line_break: "br" };

/** Write a text as HTML; an empty one is nothing. */
export function write(doc) {
  const place = document.createElement("div");
  writeAll(doc, place);
  const isEmpty = doc.childCount === 1 && doc.firstChild.type === nodes.paragraph && !doc.firstChild.childCount;
  return isEmpty ? "" : place.innerHTML;
}

function made(tag, given, ...names) {
  const element = document.createElement(tag);
  for (const name of ["lang", ...names]) {
    if (given[name] !== null && given[name] !== undefined) element.setAttribute(name, given[name]);
  }
  return element;
}

function writeAll(parent, place) {
  parent.forEach((node, _, index) => {
    if (node.type === nodes.loose) {
      const isAlone = [index - 1, index + 1].every((each) => parent.maybeChild(each)?.type !== nodes.loose);
      // Two side by side would run into one another.
      writeLine(node, isAlone ? place : place.appendChild(document.createElement("p")));
    } else if (node.type === nodes.figure) {
      place.append(table(node));
    } else {
      place.append(block(node));
    }
  });
}

function block(node) {
  if (node.type === nodes.heading) return writeLine(node, made(`h${node.attrs.level}`, node.attrs));
  const element = made(NAMES[node.type.name] ?? node.type.name, node.attrs, "start", "scope");
  for (const name of ["colspan", "rowspan"]) if (node.attrs[name] > 1) element.setAttribute(name, node.attrs[name]);
  if (node.isTextblock) return writeLine(node, element);
  writeAll(node, element);
  return element;
}

function table(figure) {
  const element = made("table", figure.lastChild.attrs);
  if (figure.firstChild.type === nodes.caption) element.append(block(figure.firstChild));
  let last = null;
  let place = null;
  for (const { row, part } of parts(figure.lastChild)) {
    if (part !== last) {
      const [tag, , ...language] = part.split(" ");
      place = element.appendChild(made(tag, { lang: language.join(" ") || null }));
      last = part;
    }
    place.append(block(row));
  }
  return element;
}

/** Give each row with the part that it stands in; one that came since stands with the row before it, but in no head. */
function parts(node) {
  const rows = node.content.content;
  const body = rows.map((row) => row.attrs.part).find((part) => part?.startsWith("tbody")) ?? "tbody 0 ";
  let last = body;
  return rows.map((row) => {
    last = row.attrs.part ?? (last.startsWith("thead") ? body : last);
    return { row, part: last };
  });
}

/** Write what stands in one line: formatting that neighbours share, from outside in, is written once. */
function writeLine(node, place) {
  const open = []; // of formatting: its mark and its element
  node.forEach((child) => {
    let kept = 0;
    while (kept < open.length && kept < child.marks.length && open[kept].mark.eq(child.marks[kept])) kept += 1;
    open.length = kept;
    for (const mark of child.marks.slice(kept)) {
      const element = made(mark.attrs.tag, mark.attrs, ...INLINE[mark.attrs.tag]);
      (open.at(-1)?.element ?? place).append(element);
      open.push({ mark, element });
    }
    const inner = open.at(-1)?.element ?? place;
    inner.append(child.isText ? child.text : block(child));
  });
  return place;
}
