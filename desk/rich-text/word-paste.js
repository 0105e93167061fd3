// What Word puts on the clipboard: its lists are paragraphs that only look like items, and its styles say nothing here.

const LEVEL = /mso-list:[^;]*\blevel(\d+)/i;
const STYLE_SHEETS = /<style\b[^]*?(?:<\/style>|$)/gi;
const STYLES = /(<[a-z][^<>]*?\s)style=/gi;
const NUMBERED = /^\s*[(]?(?:\d+|[a-z]|[ivxlc]+)[.)]/i;

/** Give pasted HTML without styles, and with Word's lists as lists. `parse` parses without showing. */
export function withoutStyles(html, parse) {
  // Under another name, since the page's policy would complain of each.
  const renamed = html.replace(STYLE_SHEETS, "").replace(STYLES, "$1data-style=");
  const body = parse(renamed);
  makeLists(body);
  return body.innerHTML;
}

function makeLists(body) {
  let open = []; // the lists that the next item may stand in, from outside in
  let last = null;
  for (const line of body.querySelectorAll("p[data-style*='mso-list']")) {
    const level = Number(LEVEL.exec(line.dataset.style)?.[1] ?? 0);
    if (!level) continue;
    if (line.previousElementSibling !== last || !last) open = [];
    const marker = [...line.querySelectorAll("span")].find((each) => /mso-list:\s*ignore/i.test(each.dataset.style ?? ""));
    const kind = NUMBERED.test(marker?.textContent ?? "") ? "ol" : "ul";
    marker?.remove();
    open = open.slice(0, level);
    if (open.length === level && open.at(-1).localName !== kind) open.pop();
    while (open.length < level) {
      const list = body.ownerDocument.createElement(kind);
      const place = open.at(-1)?.lastElementChild;
      if (place) place.append(list);
      else if (open.length) open.at(-1).append(list);
      else line.before(list);
      open.push(list);
    }
    const item = body.ownerDocument.createElement("li");
    item.append(...line.childNodes);
    open.at(-1).append(item);
    line.remove();
    last = open[0];
  }
}
