// Every flow through openid-client, and the tokens through jose, against the server in argv[2]. Prints what was done; any surprise ends it.
import assert from "node:assert/strict";
import * as client from "openid-client";
import * as jose from "jose";

const settings = JSON.parse(process.argv[2]);
const done = [];
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];

const discover = ({ id, secret }, authentication) =>
  client.discovery(new URL(settings.issuer), id, secret, authentication, { execute });

// A browser without scripts: cookies, forms, and no redirect followed by itself.
class Browser {
  #cookies = new Map();

  async #fetch(url, init = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(new URL(url, settings.issuer), { redirect: "manual", ...init, headers: { cookie, ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(";");
      const equals = pair.indexOf("=");
      this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return response;
  }

  // Goes where it is sent until there is a page, or an address outside of the server.
  async open(url, init) {
    let response = await this.#fetch(url, init);
    while (response.status === 303) {
      const location = new URL(response.headers.get("location"), settings.issuer);
      if (location.origin !== new URL(settings.issuer).origin) {
        return { location };
      }
      response = await this.#fetch(location);
    }
    assert.equal(response.status, 200);
    return { html: await response.text() };
  }

  submit({ html }, filled) {
    const text = (escaped) => escaped.replace(/&#x([0-9A-F]+);/gi, (_, hex) => String.fromCodePoint(parseInt(hex, 16)))
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
    const action = /<form method="post" action="([^"]*)">/.exec(html)[1];
    const body = new URLSearchParams();
    for (const [, name, value] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
      body.set(name, text(value));
    }
    for (const [name, value] of Object.entries(filled)) {
      body.set(name, value);
    }
    return this.open(action, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });
  }

  // Through sign-in and consent, whichever the server asks for, to the client's address.
  async authorize(url) {
    let page = await this.open(url);
    if (page.html?.includes('name="password"')) {
      page = await this.submit(page, { name: settings.user, password: settings.password });
    }
    if (page.html?.includes('value="allow"')) {
      page = await this.submit(page, { decision: "allow" });
    }
    return page.location;
  }
}

const lab = await discover(settings.lab);
const own = await client.clientCredentialsGrant(lab, { scope: "notes:write" });
assert.equal(own.scope, "notes:write");
done.push("client credentials by client_secret_post");
const basic = await discover(settings.lab, client.ClientSecretBasic(settings.lab.secret));
assert.equal((await client.clientCredentialsGrant(basic)).token_type, "bearer");
done.push("client credentials by client_secret_basic");
const exchanged = await client.genericGrantRequest(lab, "urn:ietf:params:oauth:grant-type:token-exchange", {
  subject_token: own.access_token,
  subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  requested_subject: settings.user,
});
assert.equal(jose.decodeJwt(exchanged.access_token).sub, settings.subject);
done.push("token exchange");

const browser = new Browser();
async function authorize(config, changes = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirectUri,
    scope: "openid profile offline_access notes:write",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...changes,
  });
  const callback = await browser.authorize(url);
  return { callback, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
}

const confidential = await discover(settings.confidential);
const first = await authorize(confidential, { max_age: "1000" });
const tokens = await client.authorizationCodeGrant(confidential, first.callback, { ...first.checks, maxAge: 1000 });
assert.equal(tokens.claims().sub, settings.subject);
await assert.rejects(client.authorizationCodeGrant(confidential, first.callback, { ...first.checks, maxAge: 1000 }), { error: "invalid_grant" });
done.push("authorization code of a confidential client");
const open = await discover(settings.public, client.None());
const second = await authorize(open);
const openTokens = await client.authorizationCodeGrant(open, second.callback, second.checks);
assert.equal(openTokens.claims().sub, settings.subject);
done.push("authorization code of a public client");
const third = await authorize(open);
await assert.rejects(client.authorizationCodeGrant(open, third.callback, { ...third.checks, expectedState: "other" }));
done.push("wrong state");
await assert.rejects(client.authorizationCodeGrant(open, third.callback, { ...third.checks, expectedNonce: "other" }));
done.push("wrong nonce");

const refreshed = await client.refreshTokenGrant(open, openTokens.refresh_token);
assert.notEqual(refreshed.refresh_token, openTokens.refresh_token);
done.push("refresh");
const info = await client.fetchUserInfo(open, refreshed.access_token, settings.subject);
assert.equal(info.preferred_username, settings.user);
done.push("userinfo");
const introspected = await client.tokenIntrospection(lab, refreshed.access_token);
assert.equal(introspected.active, true);
assert.equal(introspected.sub, settings.subject);
done.push("introspection");
await client.tokenRevocation(open, refreshed.refresh_token);
await assert.rejects(client.refreshTokenGrant(open, refreshed.refresh_token), { error: "invalid_grant" });
assert.equal((await client.tokenIntrospection(lab, refreshed.access_token)).active, false);
done.push("revocation");

const device = await client.initiateDeviceAuthorization(open, { scope: "openid notes:write" });
const polling = client.pollDeviceAuthorizationGrant(open, device);
const ask = await browser.open(device.verification_uri_complete);
const confirm = await browser.submit(ask, { user_code: device.user_code });
await browser.submit(confirm, { decision: "allow" });
const deviceTokens = await polling;
assert.equal(deviceTokens.claims().sub, settings.subject);
done.push("device code");

const fourth = await authorize(confidential);
const last = await client.authorizationCodeGrant(confidential, fourth.callback, fourth.checks);
const end = client.buildEndSessionUrl(confidential, { id_token_hint: last.id_token, post_logout_redirect_uri: settings.signedOutUri, state: "bye" });
assert.equal((await browser.open(end)).location.href, settings.signedOutUri + "?state=bye");
done.push("sign-out");

const keys = jose.createRemoteJWKSet(new URL(confidential.serverMetadata().jwks_uri));
const access = await jose.jwtVerify(deviceTokens.access_token, keys, {
  issuer: settings.issuer, audience: settings.audience, typ: "at+jwt", algorithms: ["ES256"], requiredClaims: ["sub", "client_id", "iat", "exp", "jti", "scope"],
});
assert.equal(access.payload.exp - access.payload.iat, 600);
assert.deepEqual(access.payload.roles, ["analyst"]);
await jose.jwtVerify(last.id_token, keys, { issuer: settings.issuer, audience: settings.confidential.id, algorithms: ["ES256"] });
await assert.rejects(jose.jwtVerify(deviceTokens.access_token.slice(0, -4) + "AAAA", keys));
done.push("jose");

console.log(JSON.stringify(done));
