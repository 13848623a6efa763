"""Sign-in with OpenID Connect and PKCE, with a made-up issuer."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from page_servers import MADE_UP, MadeUpApi, Watch, answer, expect_empty_lists, opened, upload_card
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from synthetic_summary import made_up_summary

ISSUER = "https://issuer.test"
CLIENT = "holter-page"
TOKEN = "made-up-token"
ID = "0123456789abcdef0123"
LOST = "Failed to load resource"


class Issuer:
    """Exchanges a code for a token if the code verifier fits the code challenge (RFC 7636)."""

    def __init__(self, context: BrowserContext) -> None:
        self.asked: dict[str, str] = {}
        self.seconds = 3600
        context.route(f"{ISSUER}/**", self._answer)

    def _answer(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        match path:
            case "/pool/.well-known/openid-configuration":
                document = {"issuer": f"{ISSUER}/pool", "token_endpoint": f"{ISSUER}/token"}
                document |= {"authorization_endpoint": f"{ISSUER}/authorize"}
                document |= {"end_session_endpoint": f"{ISSUER}/end"}
                self._json(route, document)
            case "/authorize":
                self.asked = _fields(urlsplit(request.url).query)
                back = f"{self.asked['redirect_uri']}?code=abc&state={self.asked['state']}"
                body = f'<a href="{back}">I am the technician</a>'
                route.fulfill(body=body, content_type="text/html")
            case "/token":
                given = _fields(request.post_data or "")
                digest = hashlib.sha256(given["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                is_right = given["code"] == "abc" and challenge == self.asked["code_challenge"]
                is_right &= given["redirect_uri"] == self.asked["redirect_uri"]
                is_right &= given["client_id"] == CLIENT and "client_secret" not in given
                if is_right:
                    self._json(route, {"access_token": TOKEN, "expires_in": self.seconds})
                else:
                    self._json(route, {"error": "invalid_grant"}, 400)
            case "/end":
                route.fulfill(body="You are signed out.", content_type="text/html")

    def _json(self, route: Route, document: dict[str, Any], status: int = 200) -> None:
        route.fulfill(status=status, json=document, headers={"Access-Control-Allow-Origin": "*"})


def _fields(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def only_with_token(route: Route, then: Any) -> None:
    """Answer like a gateway that checks tokens."""
    if route.request.headers.get("authorization") == f"Bearer {TOKEN}":
        then(route)
    else:
        route.fulfill(status=401, json={"message": "Unauthorized"})


Place = tuple[Page, MadeUpApi, Issuer, Watch]


@pytest.fixture
def place(browser: Browser) -> Iterator[Place]:
    """The page of an API that requires tokens, its issuer, and the watch over both."""
    with opened(browser, MADE_UP, ISSUER) as (context, watch):
        api = MadeUpApi(
            context,
            authorisation="jwt",
            jwt_issuer=f"{ISSUER}/pool",
            jwt_audience=CLIENT,
        )
        issuer = Issuer(context)
        api.takes(ID)
        api.answers[f"GET /v1/recordings/{ID}"] = answer(
            {"recording_id": ID, "status": "scored", "summary": made_up_summary(), "links": {}}
        )
        for name, then in list(api.answers.items()):
            if "/v1/" in name:
                api.answers[name] = lambda route, then=then: only_with_token(route, then)
        page = context.new_page()
        yield page, api, issuer, watch


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="I am the technician").click()


def test_after_sign_in_the_same_view_is_shown(place: Place) -> None:
    page, _, issuer, _ = place
    page.goto(f"{MADE_UP}/#recording/{ID}")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    expect(page.locator("#home")).to_be_hidden()
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(ID)
    expect(page.locator(".cards")).to_be_visible()
    assert page.url == f"{MADE_UP}/#recording/{ID}"  # neither code nor state is left in it
    asked = {name: issuer.asked[name] for name in ("response_type", "client_id", "scope")}
    assert asked == {"response_type": "code", "client_id": CLIENT, "scope": "openid"}
    assert issuer.asked["code_challenge_method"] == "S256"


def test_the_token_is_not_sent_to_the_storage(place: Place) -> None:
    page, _, _, _ = place
    page.goto(MADE_UP)
    sign_in(page)
    expect(page.locator("#home")).to_be_visible()
    with page.expect_request(f"{MADE_UP}/storage") as sent:
        page.get_by_label("Choose Holter files").set_input_files(
            {"name": "a.edf", "mimeType": "", "buffer": b"x"}
        )
    expect(upload_card(page, "a.edf").locator(".mark-line")).to_have_text("Scored")
    assert "authorization" not in sent.value.headers
    page.reload()
    expect(upload_card(page, "a.edf").locator(".mark-line")).to_have_text("Scored")


def test_a_rejected_token_leads_to_the_sign_in(place: Place) -> None:
    page, api, _, watch = place
    watch.excused = (LOST,)
    page.goto(MADE_UP)
    sign_in(page)
    expect_empty_lists(page)  # before the token is no longer taken
    api.answers["GET /v1/recordings"] = answer({"message": "Unauthorized"}, 401)
    page.reload()
    expect(page.locator("#sign-in")).to_contain_text("Your sign-in has expired")
    expect(page.locator("#home")).to_be_hidden()


def test_a_sign_in_not_started_here_is_rejected(place: Place) -> None:
    page, _, _, _ = place
    page.goto(f"{MADE_UP}/?code=abc&state=made-up")
    expect(page.get_by_role("alert")).to_contain_text("This sign-in was not started in this tab")
    assert page.url == f"{MADE_UP}/"
    assert page.evaluate("sessionStorage.getItem('deepecg.token')") is None


def test_sign_out_deletes_the_token_and_ends_the_session(place: Place) -> None:
    page, _, _, _ = place
    page.goto(MADE_UP)
    sign_in(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{ISSUER}/end?*")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('deepecg.token')") is None
