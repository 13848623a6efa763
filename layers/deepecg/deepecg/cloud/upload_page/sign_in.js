// Sign-in with OpenID Connect: authorisation code with PKCE (RFC 7636). The token stays in this tab.

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
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_" })[c] ?? "");
const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const pageAddress = () => location.origin + location.pathname;

/** The issuer's endpoints. */
async function issuerEndpoints() {
  const url = `${CONFIG.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(url).catch(() => null);
  if (!response?.ok)
    throw new Problem("The sign-in service does not respond. Try again later.", { code: "offline" });
  return response.json();
}

/** Go to the issuer's sign-in page, which returns to this page. */
async function goToSignIn() {
  const { authorization_endpoint: endpoint } = await issuerEndpoints();
  const attempt = { state: randomText(), verifier: randomText(), hash: location.hash };
  sessionStorage.setItem(ATTEMPT_KEY, JSON.stringify(attempt));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(attempt.verifier));
  goTo(endpoint, {
    response_type: "code",
    client_id: CONFIG.audience,
    redirect_uri: pageAddress(),
    scope: "openid",
    state: attempt.state,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  });
}

/** Leave the page. @param {string} address @param {Object<string, string>} query */
function goTo(address, query) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  location.assign(url);
}

/** After the return from the issuer: exchange the code in the address for a token, and remove it there. */
async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  if (!answer.has("state")) return;
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT_KEY) ?? "null");
  sessionStorage.removeItem(ATTEMPT_KEY);
  history.replaceState(null, "", location.pathname + (attempt?.hash ?? ""));
  if (attempt?.state !== answer.get("state"))
    throw new Problem("This sign-in was not started in this tab. Sign in again.");
  if (!answer.has("code")) throw new Problem("The sign-in was refused. Try again.");
  const { token_endpoint: endpoint } = await issuerEndpoints();
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
  if (!response?.ok) throw new Problem("The sign-in failed. Try again.");
  const { access_token: token, expires_in: seconds = HOUR_S } = await response.json();
  sessionStorage.setItem(TOKEN_KEY, JSON.stringify({ token, expires_ms: Date.now() + 1000 * seconds }));
}

/** Delete the token here, and end the session at the issuer if it has a page for that. */
async function signOut() {
  sessionStorage.removeItem(TOKEN_KEY);
  const { end_session_endpoint: endpoint } = await issuerEndpoints().catch(() => ({}));
  if (endpoint) goTo(endpoint, { client_id: CONFIG.audience, post_logout_redirect_uri: pageAddress() });
  else location.assign(pageAddress());
}

/** The token has expired or was not accepted: delete it and show the sign-in. */
function signInExpired() {
  sessionStorage.removeItem(TOKEN_KEY);
  if (IS_SIGN_IN) dispatchEvent(new CustomEvent("signedout"));
}
