// Signing in by OpenID Connect: authorisation code with PKCE (RFC 7636); the token stays in this tab.

const TOKEN_KEY = "deepecg.token",
  ATTEMPT_KEY = "deepecg.sign-in";
const IS_SIGN_IN = CONFIG.authorisation === "jwt";

/** @returns {?{token: string, expires_ms: number}} */
function storedToken() {
  const found = JSON.parse(sessionStorage.getItem(TOKEN_KEY) ?? "null");
  return found && found.expires_ms > Date.now() ? found : null;
}

const signInHeaders = () => {
  const found = IS_SIGN_IN ? storedToken() : null;
  return found ? { authorization: `Bearer ${found.token}` } : {};
};

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const pageAddress = () => location.origin + location.pathname;

/** What the issuer says of itself: its addresses. */
async function issuerSays() {
  const response = await fetch(`${CONFIG.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`).catch(
    () => null,
  );
  if (!response?.ok) throw new Problem("The sign-in service does not answer.", { code: "offline" });
  return response.json();
}

/** Go to the issuer's page; it leads back to this one. */
async function goToSignIn() {
  const { authorization_endpoint: endpoint } = await issuerSays();
  const attempt = { state: randomText(), verifier: randomText(), hash: location.hash };
  sessionStorage.setItem(ATTEMPT_KEY, JSON.stringify(attempt));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(attempt.verifier));
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries({
    response_type: "code",
    client_id: CONFIG.audience,
    redirect_uri: pageAddress(),
    scope: "openid",
    state: attempt.state,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  }))
    url.searchParams.set(name, value);
  location.assign(url);
}

/** Come back from the issuer: turn the code in the address into a token, and take it out of there. */
async function comeBackFromSignIn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state")) return;
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT_KEY) ?? "null");
  sessionStorage.removeItem(ATTEMPT_KEY);
  history.replaceState(null, "", location.pathname + (attempt?.hash ?? ""));
  if (attempt?.state !== answer.get("state"))
    throw new Problem("This sign-in was not begun here. Sign in again.");
  if (!answer.has("code")) throw new Problem("The sign-in was refused. Try again.");
  const { token_endpoint: endpoint } = await issuerSays();
  const response = await fetch(endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: answer.get("code"),
      redirect_uri: pageAddress(),
      client_id: CONFIG.audience,
      code_verifier: attempt.verifier,
    }),
  }).catch(() => null);
  if (!response?.ok) throw new Problem("The sign-in did not succeed. Try again.");
  const { access_token: token, expires_in: seconds = HOUR_S } = await response.json();
  sessionStorage.setItem(TOKEN_KEY, JSON.stringify({ token, expires_ms: Date.now() + 1000 * seconds }));
}

/** Forget the token, here and, where the issuer has a page for it, there. */
async function signOut() {
  sessionStorage.removeItem(TOKEN_KEY);
  const { end_session_endpoint: endpoint } = await issuerSays().catch(() => ({}));
  if (!endpoint) {
    location.assign(pageAddress());
    return;
  }
  const url = new URL(endpoint);
  url.searchParams.set("client_id", CONFIG.audience);
  url.searchParams.set("post_logout_redirect_uri", pageAddress());
  location.assign(url);
}

/** The token has expired, or was not accepted: say so, and offer to sign in. */
function signInExpired() {
  sessionStorage.removeItem(TOKEN_KEY);
  if (IS_SIGN_IN) dispatchEvent(new CustomEvent("signedout"));
}
