// The desk: who is there, and which view they look at.

import * as api from "./api.js";
import { drawArticle } from "./article.js";
import { announce, button, fill, h } from "./dom.js";
import { drawList } from "./list.js";
import { SignInFailed, completeSignIn, forgetToken, ownName, signIn, signOut, token } from "./sign-in.js";
import { currentLanguage, setLanguage, t } from "./words.js";

const LANGUAGES = { vi: "Tiếng Việt", en: "English" };
const siteName = document.querySelector("meta[name=site]").content;

let session = null;
let view = null; // `{leave()}` of what is shown
let drawn = 0;

const main = h("main", { id: "main", tabindex: "-1" });
const head = h("header", { class: "head" });

/** Go to another view. */
const go = (place) => {
  if (location.hash === place) show();
  else location.hash = place;
};

function drawHead() {
  const choice = h("select", { "aria-label": t("language"), onchange: () => changeLanguage(choice.value) },
    Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code }, name)));
  choice.value = currentLanguage();
  fill(head,
    h("a", { class: "skip", href: "#main", onclick: (event) => (event.preventDefault(), main.focus()) }, t("skip")),
    h("p", { class: "brand" }, h("a", { href: "#/" }, h("b", {}, t("desk")), h("span", {}, siteName))),
    h("nav", { "aria-label": t("desk") },
      session && h("a", { href: "#/", "aria-current": location.hash.length < 3 && "page" }, t("articles")),
      h("a", { href: "/", target: "_blank", rel: "noopener" }, t("to_site"))),
    h("div", { class: "person" },
      choice,
      session && h("span", { class: "name", title: session.name }, ownName() ?? session.name, session.rights.includes("approve") && h("small", {}, t("approver"))),
      session && button(t("sign_out"), leave)));
}

async function leave() {
  view?.leave?.();
  session = null;
  await signOut();
  location.hash = "#/";
  show();
}

function changeLanguage(code) {
  setLanguage(code);
  show();
}

/** Show that one must sign in; what was typed is kept meanwhile. */
function drawSignedOut(message) {
  const enter = button(t("sign_in"), () => {
    view?.leave?.();
    signIn().catch((error) => drawSignedOut(error.message));
  }, { class: "primary" });
  fill(main, h("section", { class: "door" },
    h("h1", { tabindex: "-1" }, t("desk")),
    h("p", {}, t("door")),
    message && h("p", { class: "error", role: "alert" }, message),
    h("p", { class: "buttons" }, enter)));
  enter.focus();
}

/** Say what failed. An expired sign-in leaves what is typed where it is, and asks for another. */
function fail(error) {
  if (error instanceof api.SignedOut) {
    forgetToken();
    view?.flush?.();
    askToSignIn();
    return;
  }
  if (!(error instanceof api.ConnectionLost || error instanceof api.Refused)) {
    console.error(error); // eslint-disable-line no-console
  }
  const notice = h("div", { class: "notice error", role: "alert" }, h("p", {}, error.message),
    h("p", { class: "buttons" }, button(t("reload_view"), show)));
  document.querySelector(".notice.error")?.remove();
  main.prepend(notice);
}

function askToSignIn() {
  if (document.querySelector(".expired")) return;
  const box = h("dialog", { class: "expired", "aria-labelledby": "expired-title" },
    h("h2", { id: "expired-title" }, t("session_expired")),
    h("p", {}, t("session_expired_kept")),
    h("p", { class: "buttons" },
      button(t("sign_in"), () => signIn().catch((error) => announce(error.message)), { class: "primary" }),
      button(t("later"), () => box.close())));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

/** Draw the view that the address names. */
async function show() {
  view?.leave?.();
  view = null;
  for (const box of document.querySelectorAll("dialog")) box.close();
  drawn += 1;
  const own = drawn;
  document.documentElement.lang = currentLanguage();
  document.title = `${t("desk")} · ${siteName}`;
  if (!token()) {
    session = null;
    drawHead();
    drawSignedOut();
    return;
  }
  try {
    session ??= await api.session();
    if (own !== drawn) return;
    drawHead();
    fill(main, h("p", { class: "loading" }, t("loading")));
    const [, kind, name, tab] = location.hash.split("/");
    if (kind === "new") {
      history.replaceState(null, "", `#/article/new-${crypto.randomUUID().slice(0, 8)}`);
      return show();
    }
    if (kind === "article" && /^[a-z0-9-]{1,50}$/.test(name ?? "")) {
      const leaving = { current: null };
      const place = h("div");
      view = { leave: () => leaving.current?.leave(), flush: () => leaving.current?.flush() };
      await drawArticle(place, { session, name, tab, fail, go, opened: (opened) => (leaving.current = opened), isCurrent: () => own === drawn });
      if (own === drawn) fill(main, place);
    } else {
      drawList(main, { session, fail });
    }
    if (own !== drawn) return;
    const heading = main.querySelector("[data-arrive]") ?? main.querySelector("h1");
    heading?.focus();
    if (heading) document.title = `${heading.textContent} · ${t("desk")}`;
  } catch (error) {
    if (own !== drawn) return;
    if (error instanceof api.SignedOut) {
      forgetToken();
      session = null;
      drawHead();
      drawSignedOut(error.message);
      return;
    }
    drawHead();
    fill(main);
    fail(error);
  }
}

document.body.append(
  head, main,
  h("div", { id: "announcer", class: "unseen", role: "status", "aria-live": "polite" }),
);
addEventListener("hashchange", show);
addEventListener("pagehide", () => view?.flush?.());
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && view?.flush?.());

try {
  await completeSignIn();
  await show();
} catch (error) {
  if (!(error instanceof SignInFailed)) throw error;
  drawHead();
  drawSignedOut(error.message);
}
