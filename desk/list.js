// The list of articles: what state each is in, who has it, and what became of its last upload.

import { articles } from "./api.js";
import { announce, button, debounced, fill, h } from "./dom.js";
import { allKept, forgetKept } from "./kept.js";
import { isAhead, shown } from "./moments.js";
import { number, t } from "./words.js";

const SEARCH_DELAY = 250; // milliseconds
const STATES = ["review", "draft", "scheduled", "published", "withdrawn", "gone"];
const KEY = "desk:list"; // what was looked for last, in this tab

/** Draw the list into a place; the articles come as they are answered. */
export function drawList(place, { session, fail }) {
  const wanted = { q: "", state: "", ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };
  const body = h("ul", { class: "articles" });
  const more = h("p", { class: "buttons" });
  const told = h("p", { class: "hint", id: "list-told" });
  let asked = 0;

  const load = async (next) => {
    asked += 1;
    const own = asked;
    body.setAttribute("aria-busy", "true");
    try {
      const answer = await articles({ ...wanted, next });
      if (own !== asked) return; // something else is looked for by now
      if (!next) fill(body);
      body.append(...answer.articles.map((each) => drawArticle(each, session)));
      fill(more, answer.next && button(t("more"), () => load(answer.next)));
      const count = body.childElementCount;
      told.textContent = count ? t(answer.next ? "shown_of_more" : "shown_all", { count: number(count) }) : t(wanted.q || wanted.state ? "nothing_found" : "no_articles");
      if (wanted.q) announce(told.textContent);
    } catch (error) {
      fail(error);
    } finally {
      if (own === asked) body.removeAttribute("aria-busy");
    }
  };
  const look = () => {
    sessionStorage.setItem(KEY, JSON.stringify(wanted));
    load();
  };
  const search = h("input", {
    type: "search", id: "search", value: wanted.q, autocomplete: "off", "aria-describedby": "list-told",
    oninput: debounced(() => {
      wanted.q = search.value.trim();
      look();
    }, SEARCH_DELAY),
  });
  const filters = ["", ...STATES].map((state) =>
    button(t(state ? `state_${state}` : "state_all"), () => {
      wanted.state = state;
      mark();
      look();
    }, { "data-state": state, class: "filter" }));
  const mark = () => {
    for (const each of filters) each.setAttribute("aria-pressed", String(each.dataset.state === wanted.state));
  };
  mark();

  const awaiting = h("div");
  fill(place,
    h("div", { class: "list-head" },
      h("h1", { tabindex: "-1" }, t("articles")),
      h("a", { class: "primary button", href: "#/new" }, t("write_new"))),
    drawKept(session),
    awaiting,
    h("div", { class: "looking", role: "search" },
      h("p", { class: "field" }, h("label", { for: "search" }, t("search_title")), search),
      h("div", { class: "filters", role: "group", "aria-label": t("filter_by_state") }, filters)),
    told, body, more);
  load();
  drawAwaiting(awaiting, session);
}

/** What awaits those who approve comes first. */
async function drawAwaiting(place, session) {
  if (!session.rights.includes("approve") || !session.two_pairs_of_eyes) return;
  const answer = await articles({ state: "review" }).catch(() => ({ articles: [] }));
  const mine = answer.articles.filter((each) => each.may_approve);
  if (!mine.length) return;
  fill(place, h("section", { class: "awaiting", "aria-labelledby": "awaiting-title" },
    h("h2", { id: "awaiting-title" }, t("awaiting", { count: number(mine.length) })),
    h("ul", { class: "articles" }, mine.map((each) => drawArticle(each, session)))));
}

/** What was typed on this machine and has not been accepted. */
function drawKept(session) {
  const found = allKept(session.subject);
  if (!found.length) return null;
  const section = h("section", { class: "kept", "aria-labelledby": "kept-title" }, h("h2", { id: "kept-title" }, t("kept_here")));
  const items = found.map(({ name, article, changedAt }) => {
    const title = article.title || t("untitled");
    const drop = button(t("throw_away"), () => {
      if (!confirm(t("throw_away_sure", { title }))) return;
      forgetKept(session.subject, name);
      item.remove();
    }, { "aria-label": t("throw_away_title", { title }), class: "quiet" });
    const item = h("li", {},
      h("a", { href: `#/article/${name}`, class: "title" }, title),
      h("span", { class: "who" }, t("typed_at", { time: shown(new Date(changedAt).toISOString(), session.zone) })),
      drop);
    return item;
  });
  section.append(h("ul", { class: "articles" }, items));
  return section;
}

function drawArticle(each, { zone }) {
  const { id, title, verdict } = each;
  const isOpen = verdict.outcome !== "accepted";
  return h("li", {},
    h("a", { class: "title", href: `#/article/${id}` }, title ?? t("untitled")),
    h("span", { class: "states" }, drawStates(each)),
    h("span", { class: "who" },
      each.editor ? t("by_at", { name: each.editor, time: shown(each.committed_at, zone) }) : t("issued_at", { time: shown(each.issued_at, zone) }),
      each.scheduled_for && isAhead(each.scheduled_for) && `, ${t("goes_live", { time: shown(each.scheduled_for, zone) })}`),
    isOpen && h("span", { class: `verdict ${verdict.outcome}` }, t(`outcome_${verdict.outcome}`)));
}

/** Draw the state of what editors work on, and what readers have where that is another. */
export function drawStates({ state, live, proposes }) {
  const isProposed = state === "review" && proposes && proposes !== "published";
  return [
    state && h("span", { class: `state ${state}` }, t(`state_${state}`), isProposed && `: ${t(`proposes_${proposes}`)}`),
    live && live.state !== state && h("span", { class: `state ${live.state}` }, t("live_now", { state: t(`state_${live.state}`) })),
  ];
}
