// Passkeys: asks the browser to make or to use one, and posts its answer with the form around the button.
const CEREMONIES = { create: makes, get: uses };

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  if (!buffer) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(credentials) {
  return (credentials ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

async function makes({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
    },
  });
  return answer(made, { attestationObject: text(made.response.attestationObject) });
}

async function uses({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: known(publicKey.allowCredentials),
    },
  });
  return answer(used, {
    authenticatorData: text(used.response.authenticatorData),
    signature: text(used.response.signature),
    userHandle: text(used.response.userHandle),
  });
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
  };
}

const options = document.getElementById("passkey-options");
const form = document.querySelector("form[data-passkey]");
if (!window.PublicKeyCredential) {
  for (const sentence of document.querySelectorAll("[data-without]")) sentence.hidden = false;
} else if (form && options) {
  const refused = form.querySelector("[data-refused]");
  form.classList.remove("held");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.hidden = true;
    try {
      const said = await CEREMONIES[form.dataset.passkey](JSON.parse(options.textContent));
      form.elements.credential.value = JSON.stringify(said);
      form.submit();
    } catch {
      // Given up, timed out, or a passkey of another house: the person decides what to try next.
      refused.hidden = false;
    }
  });
}
