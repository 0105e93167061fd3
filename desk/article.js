// One article: its form, what can be done with it now, and what became of what was done.

import * as api from "./api.js";
import { accepted as fileKinds, readFile, UnusableFile } from "./bringing.js";
import { differing, drawConflict } from "./conflict.js";
import { drawDifference } from "./difference.js";
import { announce, button, debounced, dialog, fill, h } from "./dom.js";
import { FIELDS, Form } from "./form.js";
import { drawHistory } from "./history.js";
import { Kept } from "./kept.js";
import { drawStates } from "./list.js";
import { isAhead, shown } from "./moments.js";
import { showPreview } from "./preview.js";
import { ownName } from "./sign-in.js";
import { failure, seenLive, submit } from "./submit.js";
import { askCorrection, askTakedown } from "./taking-back.js";
import { number, t } from "./words.js";

const KEEP_AFTER = 300; // milliseconds without a key
const NOW_WITHIN = 300_000; // milliseconds: what was published when it was sent

// What became of the last submission of an article, told when its view is drawn anew.
const results = new Map();

/** Draw an article into a place. `opened` gets what leaves it and what keeps it at once. */
export async function drawArticle(place, context) {
  const view = new ArticleView(place, context);
  context.opened(view);
  await view.load();
}

/** Give what of an article is typed into the form. */
const typedOf = (article) => Object.fromEntries(FIELDS.filter((name) => article[name] !== undefined).map((name) => [name, article[name]]));
const same = (one, other) => !differing(one, other).length;

class ArticleView {
  #place;
  #context;
  #session;
  #name;
  #kept;
  #status = null;
  #accepted = null; // the article as it was accepted last
  #start = {}; // what the form began with
  #base; // the upload that this text started from
  #id; // of the article, once the desk has issued one
  #sent = null; // an upload whose end was not seen
  #form = null;
  #isBusy = false;
  // Places of the view.
  #notices;
  #steps;
  #review;
  #body;
  #bar;
  #keep = debounced(() => this.#write(), KEEP_AFTER);

  constructor(place, context) {
    this.#place = place;
    this.#context = context;
    this.#session = context.session;
    this.#name = context.name;
    this.#id = context.name.startsWith("new-") ? null : context.name;
    this.#kept = new Kept(this.#session.subject, context.name);
  }

  /** Keep what is typed at once. */
  flush() {
    this.#keep.now();
  }

  leave() {
    this.flush();
    this.#kept.release();
    this.#form?.destroy();
    this.#form = null;
  }

  async load() {
    if (this.#id) this.#status = await api.status(this.#id);
    if (this.#status?.revision) {
      const found = await api.revision(this.#id, this.#status.revision);
      this.#accepted = found.article;
      this.#base = this.#status.upload;
    }
    if (!this.#context.isCurrent()) return;
    if (this.#context.tab === "history") return this.#drawHistory();
    await this.#drawForm();
  }

  // What is shown

  #head(tab) {
    const status = this.#status;
    const title = status?.title ?? (this.#id ? t("untitled") : t("new_article"));
    const address = (to) => `#/article/${this.#name}${to}`;
    const tabs = this.#id && h("nav", { class: "tabs", "aria-label": t("of_article") },
      h("a", { href: address(""), "aria-current": tab === "form" && "page" }, t("write")),
      status?.revision && h("a", { href: address("/history"), "aria-current": tab === "history" && "page" }, t("history")));
    return h("div", { class: "article-head" },
      h("p", { class: "back" }, h("a", { href: "#/" }, `‹ ${t("articles")}`)),
      h("h1", { tabindex: "-1" }, title),
      h("p", { class: "states" }, status && drawStates(status),
        status?.editor && h("span", { class: "who" }, t("by_at", { name: status.editor, time: shown(status.committed_at, this.#session.zone) })),
        status?.scheduled_for && isAhead(status.scheduled_for) && h("span", { class: "who" }, t("goes_live", { time: shown(status.scheduled_for, this.#session.zone) })),
        status?.live && status.live.state !== "gone" && status.url && h("a", { href: pathOf(status.url), target: "_blank", rel: "noopener" }, t("open_page"))),
      tabs);
  }

  async #drawHistory() {
    const restore = (article, base) => this.#confirmRestore(article, base);
    this.#steps = h("div", { class: "steps" });
    fill(this.#place, this.#head("history"), this.#steps, await drawHistory({ id: this.#id, session: this.#session, restore }));
  }

  #confirmRestore(article, base) {
    // Of another text than that which is in the form: what is typed there stays kept.
    return this.#send({ ...article, ...this.#asked("published") }, { base, isTyped: false });
  }

  async #drawForm() {
    const kept = this.#kept.read();
    this.#steps = h("div", { class: "steps" });
    this.#notices = h("div", { class: "notices" });
    this.#start = this.#beginning();
    let text = this.#start;
    const isHeld = await this.#kept.hold({ onLost: () => this.#lockedOut() });
    if (kept) {
      text = kept.article;
      this.#base = kept.base;
      this.#id ??= kept.id ?? null;
      this.#sent = kept.sent ?? null;
      this.#notices.append(this.#restoredNotice(kept));
    }
    this.#form = new Form(this.#session, () => this.#typed(), { id: this.#id });
    const { main, side } = await this.#form.draw(text);
    this.#bar = h("div", { class: "bar", role: "group", "aria-label": t("actions") });
    const fields = h("form", { class: "article-form", novalidate: true, onsubmit: (event) => event.preventDefault() }, main, side);
    this.#body = fill(h("div", { class: "article" }), this.#form.summary, !this.#accepted && this.#bringer(), fields, this.#accepted && this.#bringer());
    this.#review = h("div");
    fill(this.#place, this.#head("form"), this.#notices, this.#steps, this.#review, this.#body, this.#bar);
    this.#drawBar();
    if (!isHeld) this.#lockedOut();
    this.#tellResult();
    await this.#drawReview();
    if (kept && this.#status && this.#status.upload !== (kept.base ?? null)) this.#overtaken();
    if (this.#sent) await this.#settleSent();
    else if (!kept && ["rejected", "conflict"].includes(this.#status?.verdict.outcome)) this.#offerRefused();
  }

  /** Give what an editor begins with: the accepted article, without what was said of that version alone. */
  #beginning() {
    if (!this.#accepted) return { author: ownName() ?? "" };
    const { state, live, committed_at } = this.#status;
    const article = typedOf(this.#accepted);
    if (!["draft", "review", "scheduled"].includes(state)) delete article.change_note;
    if (["withdrawn", "gone"].includes(state)) delete article.decision;
    const wasNow = Math.abs(Date.parse(article.published_at) - Date.parse(committed_at)) < NOW_WITHIN;
    if (!live && ["draft", "review"].includes(state) && wasNow) delete article.published_at;
    return article;
  }

  #notice(kind, text, ...buttons) {
    return h("div", { class: `notice ${kind}` }, h("p", {}, text), buttons.length > 0 && h("p", { class: "buttons" }, buttons));
  }

  #restoredNotice({ changedAt }) {
    const time = shown(new Date(changedAt).toISOString(), this.#session.zone);
    const notice = this.#notice("info", t("restored", { time }), button(t(this.#accepted ? "restored_drop" : "restored_empty"), () => {
      if (!confirm(t("throw_away_sure", { title: this.#form.get().title ?? t("untitled") }))) return;
      this.#kept.forget();
      this.#sent = null;
      this.#base = this.#status?.upload ?? undefined;
      this.#form.set(this.#start);
      this.#form.clearFaults();
      notice.remove();
      this.#drawBar();
    }));
    return notice;
  }

  /** Another tab writes this article: here it can only be read, until the editor takes it over. */
  #lockedOut() {
    if (!this.#form) return;
    this.#body.inert = true;
    this.#bar.inert = true;
    const notice = this.#notice("warning", t("other_tab"), button(t("other_tab_take"), async () => {
      await this.#kept.hold({ steal: true, onLost: () => this.#lockedOut() });
      const kept = this.#kept.read();
      if (kept) {
        this.#form.set(kept.article);
        this.#base = kept.base;
        this.#sent = kept.sent ?? null;
      }
      this.#body.inert = false;
      this.#bar.inert = false;
      notice.remove();
    }));
    this.#notices.append(notice);
  }

  /** An article was accepted that this text did not start from. */
  #overtaken() {
    const notice = this.#notice("warning", t("overtaken"), button(t("compare"), () => {
      notice.remove();
      this.#showConflict();
    }));
    this.#notices.append(notice);
  }

  #offerRefused() {
    const { upload, outcome, errors } = this.#status.verdict;
    const notice = this.#notice("warning", t(`last_${outcome}`, { number: upload }), button(t("open_refused"), async () => {
      try {
        const { content } = await api.uploaded(this.#id, upload);
        const article = JSON.parse(content);
        this.#form.set(typedOf(article));
        notice.remove();
        if (outcome === "rejected") this.#form.showFaults(errors);
        else this.#showConflict();
        this.#typed();
      } catch (error) {
        if (error instanceof SyntaxError) announce(t("file_no_json", { why: error.message }));
        else this.#context.fail(error);
      }
    }));
    this.#notices.append(notice);
  }

  /** Find out what became of an upload whose end nobody saw. */
  async #settleSent() {
    const { id, upload, content } = this.#sent;
    const article = JSON.parse(content);
    const found = await api.verdict(id, upload).catch(() => null);
    if (found?.accepted) {
      this.#sent = null;
      this.#base = upload;
      if (same(this.#form.get(), typedOf(article)) || same(this.#form.article(), typedOf(article))) return this.#acceptedNow(id, article, true);
      this.#write();
    } else if (found && found.outcome !== "waiting") {
      this.#sent = null;
      this.#write();
      this.#refused(found);
    } else {
      this.#failed(t("sent_unknown"), article, { isTyped: true });
    }
  }

  // What is typed

  #typed() {
    this.#keep();
    this.#tellKept("typing");
  }

  #write() {
    if (!this.#form) return;
    const article = this.#form.get();
    if (same(article, this.#start) && !this.#sent) {
      this.#kept.forget();
      this.#tellKept("nothing");
      return;
    }
    const isKept = this.#kept.write({ article, base: this.#base, id: this.#id, sent: this.#sent });
    this.#tellKept(isKept ? "kept" : "full");
  }

  #tellKept(what) {
    const place = this.#bar?.querySelector(".kept-state");
    if (!place) return;
    place.textContent = what === "nothing" ? "" : t(`kept_${what}`);
    place.classList.toggle("error", what === "full");
    const primary = this.#bar.querySelector("[data-publish]");
    if (primary) primary.textContent = t(this.#publishWords());
  }

  // What can be done

  #publishWords() {
    if (this.#session.two_pairs_of_eyes) return "do_review";
    if (isAhead(this.#form.get().published_at)) return "do_schedule";
    const shown = this.#status?.live?.state;
    if (shown === "published") return "do_update";
    return shown ? "do_republish" : "do_publish";
  }

  #drawBar() {
    const live = this.#status?.live?.state;
    const isPublished = live === "published";
    const asks = this.#session.two_pairs_of_eyes;
    const more = [
      this.#accepted && button(t("secret_link"), () => this.#secretLink()),
      isPublished && button(t("do_correct"), () => this.#correct()),
      this.#accepted && live !== "gone" && button(t("do_take_down"), () => this.#takeDown(), { class: "danger" }),
    ].filter(Boolean);
    fill(this.#bar,
      h("span", { class: "kept-state", role: "status" }),
      more.length > 0 && this.#menu(more),
      button(t("preview"), () => this.#preview()),
      button(t("do_draft"), () => this.#submitForm("draft")),
      !asks && button(t("do_review"), () => this.#submitForm("review")),
      button(t(this.#publishWords()), () => this.#submitForm("published"), { class: "primary", "data-publish": "" }));
  }

  /** What is done seldom; it closes with the choice, with Escape, and when something else is used. */
  #menu(choices) {
    const menu = h("details", { class: "more-actions" }, h("summary", {}, t("more_actions")), h("div", { class: "menu" }, choices));
    menu.addEventListener("click", (event) => event.target.closest(".menu button") && (menu.open = false));
    menu.addEventListener("focusout", (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && (menu.open = false));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    return menu;
  }

  /** Give the fields that ask for a state; where two pairs of eyes are wanted, they ask for its approval. */
  #asked(wanted) {
    if (wanted === "draft" || wanted === "review") return { status: wanted };
    if (!this.#session.two_pairs_of_eyes) return { status: wanted };
    return { status: "review", ...(wanted !== "published" && { proposes: wanted }) };
  }

  async #submitForm(wanted) {
    if (this.#isBusy) return;
    this.flush();
    fill(this.#steps);
    this.#form.clearFaults();
    const article = { ...this.#form.article(), ...this.#asked(wanted) };
    try {
      // The same judge as the upload's, asked before: what can't be accepted costs no upload.
      const { errors } = await api.preview(article);
      if (errors?.length) return this.#form.showFaults(errors);
    } catch (error) {
      if (error instanceof api.SignedOut) return this.#context.fail(error);
      if (error instanceof api.Refused && error.errors.length) return this.#form.showFaults(error.errors);
    }
    await this.#send(article, { isTyped: true });
  }

  /** Submit an article, and tell each step. What is typed stays until it is accepted, whatever happens. */
  async #send(article, { base = this.#base, isTyped }) {
    if (this.#isBusy) return;
    this.#busy(true);
    const progress = h("progress", { max: "1" });
    const line = h("p", { role: "status" });
    fill(this.#steps, h("div", { class: "notice info sending" }, line, progress));
    this.#steps.scrollIntoView({ block: "nearest" });
    const tell = (step, part) => {
      const words = step === "sending" ? t("step_sending", { percent: number(Math.round(part * 100)) }) : t(`step_${step}`);
      if (step !== "sending" || part === 0 || part === 1) line.textContent = words;
      if (part === undefined) progress.removeAttribute("value");
      else progress.value = part;
    };
    const remember = (sent) => {
      this.#sent = sent;
      this.#id = sent.id;
      if (isTyped) this.#write();
    };
    try {
      const found = await submit({ id: this.#id, article, base, sent: this.#sent, remember, tell });
      if (found.outcome === "waiting") return this.#failed(t("still_waiting"), article, { base, isTyped });
      this.#sent = null;
      if (found.accepted) return this.#acceptedNow(found.id, article, isTyped);
      if (isTyped) this.#write();
      this.#refused(found, article);
    } catch (error) {
      if (error instanceof api.SignedOut) this.#context.fail(error);
      this.#failed(failure(error), article, { base, isTyped });
    } finally {
      this.#busy(false);
    }
  }

  #busy(is) {
    this.#isBusy = is;
    for (const each of this.#bar?.querySelectorAll("button") ?? []) each.disabled = is;
  }

  #failed(words, article, options) {
    const again = button(t("try_again"), () => this.#send(article, options), { class: "primary" });
    fill(this.#steps, h("div", { class: "notice error", role: "alert" }, h("p", {}, words), h("p", { class: "buttons" }, again)));
    again.focus();
  }

  #acceptedNow(id, article, isTyped) {
    if (isTyped) {
      this.#keep.now();
      this.#kept.forget();
    }
    this.#form?.destroy();
    this.#form = null;
    results.set(id, article);
    this.#context.go(`#/article/${id}`);
  }

  #refused(found, article) {
    fill(this.#steps);
    if (found.outcome === "conflict") return this.#showConflict(article && typedOf(article));
    if (found.outcome === "superseded") return this.#overtakenNow(found);
    if (this.#form) return this.#form.showFaults(found.errors);
    fill(this.#steps, h("div", { class: "notice error", role: "alert" }, found.errors.map(({ message }) => h("p", {}, message))));
  }

  #overtakenNow({ errors }) {
    fill(this.#steps, h("div", { class: "notice error", role: "alert" }, errors.map(({ message }) => h("p", {}, message)),
      h("p", { class: "buttons" }, button(t("compare"), () => this.#showConflict()))));
  }

  async #showConflict() {
    try {
      const status = await api.status(this.#id);
      const { article, editor, committed_at } = await api.revision(this.#id, status.revision);
      const view = drawConflict({
        mine: this.#form.get(), theirs: typedOf(article), theirName: editor, theirTime: shown(committed_at, this.#session.zone), zone: this.#session.zone,
        done: (merged) => {
          this.#status = status;
          this.#accepted = article;
          this.#start = this.#beginning();
          this.#base = status.upload;
          this.#form.set(merged);
          this.#write();
          view.remove();
          for (const each of [this.#body, this.#bar, this.#review, this.#notices]) each.hidden = false;
          this.#drawBar();
          fill(this.#steps, this.#notice("info", t("conflict_resolved")));
          this.#bar.querySelector("[data-publish]").focus();
        },
      });
      for (const each of [this.#body, this.#bar, this.#review, this.#notices]) each.hidden = true;
      fill(this.#steps, view);
      view.querySelector("h2").focus();
    } catch (error) {
      this.#context.fail(error);
    }
  }

  async #preview() {
    this.flush();
    this.#form.clearFaults();
    try {
      const { html, errors } = await api.preview({ ...this.#form.article(), status: "draft" });
      if (errors?.length) this.#form.showFaults(errors);
      else await showPreview(html);
    } catch (error) {
      if (error instanceof api.Refused && error.errors.length) this.#form.showFaults(error.errors);
      else this.#context.fail(error);
    }
  }

  async #secretLink() {
    try {
      const { url } = await api.secretLink(this.#id);
      await dialog(t("secret_link"), (close) => {
        const field = h("input", { type: "text", readonly: true, value: url, id: "secret", "data-first": "", onfocus: () => field.select() });
        const told = h("p", { role: "status" });
        const copy = () => navigator.clipboard.writeText(url).then(() => (told.textContent = t("copied")), () => field.select());
        return [
          h("p", {}, t("secret_link_explained")),
          h("p", { class: "field" }, h("label", { for: "secret" }, t("address")), field),
          told,
          h("p", { class: "buttons" }, button(t("copy"), copy, { class: "primary" }), button(t("close"), () => close())),
        ];
      });
    } catch (error) {
      this.#context.fail(error);
    }
  }

  async #correct() {
    const given = await askCorrection(this.#form.get());
    if (!given) return;
    for (const [name, value] of Object.entries(given)) this.#form.setOne(name, value);
    await this.#submitForm("published");
  }

  async #takeDown() {
    const given = await askTakedown({ asks: this.#session.two_pairs_of_eyes, live: this.#status.live?.state });
    if (!given) return;
    const { wanted, change_note, decision } = given;
    const { status: _, proposes: __, decision: ___, ...article } = this.#accepted;
    // The text that was accepted, not what is being typed, which stays.
    const isUnchanged = same(this.#form.get(), this.#start);
    await this.#send({ ...article, change_note, ...(decision && { decision }), ...this.#asked(wanted) }, { isTyped: isUnchanged });
  }

  // Two pairs of eyes

  async #drawReview() {
    const status = this.#status;
    if (status?.state !== "review" || !this.#session.two_pairs_of_eyes) return;
    const { revision, live } = status;
    const changes = live
      ? await api.difference(this.#id, revision, live.revision).then(drawDifference)
      : h("p", {}, t("review_first"));
    const wanted = status.proposes ?? "published";
    const approve = button(t(`approve_${wanted}`), () => this.#approve(wanted), { class: "primary" });
    fill(this.#review, h("section", { class: "approval", "aria-labelledby": "review-title" },
      h("h2", { id: "review-title" }, t("review_title")),
      h("p", {}, t("review_by", { name: status.editor, time: shown(status.committed_at, this.#session.zone), wanted: t(`proposes_${wanted}`) })),
      status.change_note && h("p", {}, h("b", {}, `${t("field_change_note")}: `), status.change_note),
      live && h("h3", {}, t("review_changes")),
      changes,
      status.may_approve
        ? h("p", { class: "buttons" }, button(t("preview"), () => this.#previewAccepted()), approve)
        : h("p", { class: "hint" }, t(this.#session.rights.includes("approve") ? "review_own" : "review_no_right"))));
  }

  async #previewAccepted() {
    const { status: _, proposes: __, ...article } = this.#accepted;
    try {
      const { html } = await api.preview(article);
      await showPreview(html);
    } catch (error) {
      this.#context.fail(error);
    }
  }

  /** To approve is to upload what was submitted for review, with the state that it asks for. */
  async #approve(wanted) {
    const { proposes: _, ...article } = this.#accepted;
    await this.#send({ ...article, status: wanted }, { base: this.#status.upload, isTyped: same(this.#form.get(), this.#start) });
  }

  // What became of it

  #tellResult() {
    const article = results.get(this.#id);
    if (!article || !this.#status) return;
    results.delete(this.#id);
    const { state, scheduled_for, live, url } = this.#status;
    const heading = h("h2", { tabindex: "-1", "data-arrive": "" }, t(`result_${state}`, { time: shown(scheduled_for, this.#session.zone) }));
    const line = h("p", { role: "status" });
    const isSeen = live && live.revision === this.#status.revision && url;
    fill(this.#steps, h("div", { class: "notice done" }, heading, line));
    if (!isSeen) return;
    line.textContent = t("going_live");
    seenLive({ url, live }).then((is) => {
      if (!is) {
        line.textContent = t("not_live_yet");
        return;
      }
      const link = h("a", { href: pathOf(url), target: "_blank", rel: "noopener" }, t("open_page"));
      fill(line, `${t(live.state === "published" ? "live_published" : "live_taken")} `, link);
    });
  }

  // Files

  #bringer() {
    const input = h("input", { type: "file", accept: fileKinds, id: "file", onchange: () => this.#bring(input.files[0]) });
    const box = h("div", { class: "bring" }, input, h("label", { for: "file", class: "button" }, t("bring")), t("bring_drop"));
    const over = (is) => (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.#body.classList.toggle("over", is);
    };
    queueMicrotask(() => {
      this.#body.addEventListener("dragover", over(true));
      this.#body.addEventListener("dragleave", over(false));
      this.#body.addEventListener("drop", (event) => {
        over(false)(event);
        if (event.dataTransfer.files.length) this.#bring(event.dataTransfer.files[0]);
      }, { capture: true });
    });
    return box;
  }

  async #bring(file) {
    if (!file) return;
    document.querySelector(".brought")?.remove();
    const show = (kind, ...content) => {
      const notice = h("div", { class: `notice brought ${kind}`, role: "status" }, content);
      this.#notices.append(notice);
      notice.scrollIntoView({ block: "nearest" });
    };
    try {
      const { article, lost } = await readFile(file);
      this.#form.set({ ...this.#form.get(), ...article });
      this.#typed();
      show("info", h("p", {}, t("brought", { name: file.name })), lost.length > 0 && [h("p", {}, h("b", {}, t("lost"))), h("ul", {}, lost.map((each) => h("li", {}, each)))]);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      show("error", h("p", {}, error.message));
    }
    this.#body.querySelector("#file").value = "";
  }
}

const pathOf = (url) => new URL(url, location.href).pathname;
