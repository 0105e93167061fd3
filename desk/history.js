// Every revision of an article: who, when, why, what changed; and the way back to any.

import { difference, revision, revisions, status as askStatus } from "./api.js";
import { drawDifference } from "./difference.js";
import { button, fill, h } from "./dom.js";
import { isAhead, shown } from "./moments.js";
import { t } from "./words.js";

/** Draw the history of an article. `restore` gets an article and submits it. */
export async function drawHistory({ id, session, restore }) {
  const { zone } = session;
  const list = h("ol", { class: "revisions" });
  const more = h("p", { class: "buttons" });
  const status = await askStatus(id);
  const load = async (next) => {
    const answer = await revisions(id, next);
    list.append(...answer.revisions.map(draw));
    fill(more, answer.next && button(t("more"), () => load(answer.next)));
  };
  const draw = (each) => {
    const place = h("div", { hidden: true });
    const earlier = each.revision - 1;
    const show = button(t("show_changes"), async () => {
      place.hidden = !place.hidden;
      show.setAttribute("aria-expanded", String(!place.hidden));
      if (place.hidden || place.childElementCount) return;
      fill(place, h("p", {}, t("loading")));
      const drawn = await difference(id, each.revision, earlier).then(drawDifference, (error) => h("p", { class: "error" }, error.message));
      fill(place, drawn);
    }, { "aria-expanded": "false" });
    const isCurrent = each.revision === status.revision;
    const back = button(t("roll_back_to", { number: each.revision }), () => rollBack(each));
    return h("li", { "data-revision": each.revision },
      h("div", { class: "revision-head" },
        h("h3", {}, t("revision_number", { number: each.revision })),
        h("span", { class: `state ${each.state}` }, t(`state_${each.state}`)),
        each.is_live && h("span", { class: "state live" }, t("is_live")),
        isCurrent && h("span", { class: "state" }, t("is_current"))),
      h("p", { class: "who" }, t("by_at", { name: each.editor, time: shown(each.committed_at, zone) })),
      h("p", { class: "title" }, each.title),
      each.change_note && h("p", { class: "note" }, h("b", {}, `${t("field_change_note")}: `), each.change_note),
      each.decision && h("p", { class: "note" }, h("b", {}, `${t("field_decision")}: `), each.decision),
      h("p", { class: "buttons" }, earlier > 0 && show, !isCurrent && back),
      place);
  };
  const rollBack = async ({ revision: chosen }) => {
    const { article } = await revision(id, chosen);
    const { status: _, proposes: __, expires_at, ...kept } = article;
    const valid = expires_at && isAhead(expires_at) ? { expires_at } : {};
    const note = t("note_roll_back", { number: chosen });
    await restore({ ...kept, ...valid, change_note: note }, status.upload);
  };
  await load();
  return h("section", { class: "history", "aria-labelledby": "history-title" },
    h("h2", { id: "history-title", tabindex: "-1" }, t("history")),
    session.two_pairs_of_eyes && h("p", { class: "hint" }, t("roll_back_two_eyes")),
    list, more);
}
