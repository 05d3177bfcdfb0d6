// Compact JWS as this city writes them: ES256, a header without a member more, one spelling of base64url.

export class NotTrusted extends Error {}

const ES256 = { name: "ECDSA", hash: "SHA-256" };

/** {kid, payload(), unverified(), isSignedBy(jwk)}: what it says is anybody's word until a signature was checked. */
export function openJws(token, typ, cty) {
  const parts = token.trim().split(".");
  if (parts.length !== 3) throw new NotTrusted("form");
  const header = json(unb64(parts[0]));
  if (header.alg !== "ES256" || header.typ !== typ || header.cty !== cty || typeof header.kid !== "string" || Object.keys(header).length !== (cty ? 4 : 3)) throw new NotTrusted("header");
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  const signature = unb64(parts[2]);
  if (b64(signature) !== parts[2]) throw new NotTrusted("form"); // one token has one spelling
  return {
    kid: header.kid,
    payload: () => unb64(parts[1]),
    unverified: () => json(unb64(parts[1])),
    isSignedBy: (jwk) => isSignedBy(jwk, signed, signature),
  };
}

/** Whether these 64 bytes are this key's signature. */
export async function isSignedBy(jwk, signed, signature) {
  const key = await crypto.subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify(ES256, key, signature, signed);
}

/** The RFC 7638 thumbprint of a public P-256 key. */
export async function thumbprint({ crv, kty, x, y }) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify({ crv, kty, x, y })));
  return b64(new Uint8Array(digest));
}

export function unb64(encoded) {
  if (!/^[A-Za-z0-9_-]+$/.test(encoded) || encoded.length % 4 === 1) throw new NotTrusted("form");
  return Uint8Array.from(atob(encoded.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

export function b64(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** The JSON object that these bytes are. Throws NotTrusted. */
export function json(bytes) {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // falls through: what cannot be read is not believed
  }
  throw new NotTrusted("form");
}
