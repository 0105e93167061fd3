// Signing in: OpenID Connect's authorization code with PKCE (RFC 7636, S256), and nothing that outlives the tab.

import { t } from "./words.js";

const TOKEN = "desk:token";
const PENDING = "desk:sign-in";
const REDIRECT = `${location.origin}/desk/`;

/** Signing in failed; the message says why. */
export class SignInFailed extends Error {}

/** Give the token with which the desk is asked, or null. */
export const token = () => sessionStorage.getItem(TOKEN);

/** Give the person's own name, where the token tells it. */
export function ownName() {
  try {
    return claimsOf(token()).name ?? null;
  } catch {
    return null;
  }
}

async function settings() {
  const answer = await fetch("/desk/api/sign-in", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) throw new SignInFailed(t("no_connection"));
  return answer.json();
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const unguessable = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Leave for the issuer; the editor comes back to where they were. */
export async function signIn() {
  const { client_id, authorize_url, scope } = await settings();
  const pending = { state: unguessable(), nonce: unguessable(), verifier: unguessable(), place: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const challenge = base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier)));
  const address = new URL(authorize_url, location.href);
  const parameters = {
    response_type: "code", client_id, redirect_uri: REDIRECT, scope,
    state: pending.state, nonce: pending.nonce, code_challenge: challenge, code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  location.assign(address);
}

/** Take in what the issuer sent back with the editor, if this is such a return; give whether it was. */
export async function completeSignIn() {
  const given = new URLSearchParams(location.search);
  if (!given.has("state") || !(given.has("code") || given.has("error"))) return false;
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  sessionStorage.removeItem(PENDING);
  // The code works once: it is not to stay in the address, or in the history.
  history.replaceState(null, "", `/desk/${pending?.place ?? ""}`);
  if (pending === null || given.get("state") !== pending.state) throw new SignInFailed(t("sign_in_foreign"));
  if (!given.has("code")) throw new SignInFailed(t("sign_in_refused", { why: given.get("error_description") ?? given.get("error") }));
  sessionStorage.setItem(TOKEN, await exchanged(given.get("code"), pending));
  return true;
}

async function exchanged(code, { verifier, nonce }) {
  const { issuer, client_id, token_url } = await settings();
  const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: REDIRECT, client_id, code_verifier: verifier });
  const answer = await fetch(new URL(token_url, location.href), { method: "POST", body }).catch(() => null);
  if (answer === null) throw new SignInFailed(t("no_connection"));
  const given = await answer.json().catch(() => ({}));
  if (!answer.ok || !given.id_token) throw new SignInFailed(t("sign_in_refused", { why: given.error ?? answer.status }));
  const claims = claimsOf(given.id_token);
  const audience = [claims.aud].flat();
  // The signature is the API's to check: the token came from the issuer itself, over TLS.
  if (claims.nonce !== nonce || claims.iss !== issuer || !audience.includes(client_id)) throw new SignInFailed(t("sign_in_foreign"));
  return given.id_token;
}

function claimsOf(idToken) {
  const text = atob(idToken.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (each) => each.charCodeAt(0))));
}

/** Forget the token. */
export const forgetToken = () => sessionStorage.removeItem(TOKEN);

/** Forget the token and, where the issuer has a page for it, sign out there, too. */
export async function signOut() {
  forgetToken();
  const { sign_out_url, client_id } = await settings().catch(() => ({}));
  if (!sign_out_url) return;
  const address = new URL(sign_out_url, location.href);
  // Cognito's names, and OpenID Connect's (RP-Initiated Logout 1.0); each takes its own.
  for (const [name, value] of Object.entries({ client_id, logout_uri: REDIRECT, post_logout_redirect_uri: REDIRECT })) {
    address.searchParams.set(name, value);
  }
  location.assign(address);
}
