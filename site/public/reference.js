/** Starts the reference. All that it loads and calls is on this server. */
const token = globalThis.sessionStorage.getItem('api_key') ?? undefined;

/** Beside a server's the document has the calls of all its products; a host of static files has it beside this file. */
const live = await fetch('/openapi.json', { method: 'HEAD' });

globalThis.Scalar.createApiReference('#reference', {
  url: live.ok ? '/openapi.json' : '/docs/openapi.json',
  forceDarkModeState: globalThis.document.documentElement.classList.contains('dark') ? 'dark' : 'light',
  hideDarkModeToggle: true,
  showOperationId: true,
  // Calls that a reader tries go here, also where the document names another address for clients elsewhere.
  servers: [{ url: globalThis.location.origin }],
  authentication: {
    preferredSecurityScheme: 'bearer',
    ...(token === undefined ? {} : { securitySchemes: { bearer: { token } } }),
  },
  // Every call stands in the navigation by its name, for the browser's own search too.
  defaultOpenAllTags: true,
  // Nothing of other hosts.
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  modelsSectionLabel: 'Schemas',
  documentDownloadType: 'direct',
});

if (token === undefined && (await callDocs('/docs/code')).available === true) offerKey();

/** The local owner's key is for those who read the server's terminal: the code that it shows is traded for the key, once. */
function offerKey() {
  const offer = globalThis.document.createElement('form');
  offer.className = 'key';
  offer.innerHTML = '<button>Fill in the local owner’s key</button> <output></output>';
  offer.addEventListener('submit', (event) => {
    event.preventDefault();
    const code = offer.querySelector('input');
    void (code === null ? showCode(offer) : redeem(offer, code.value));
  });
  globalThis.document.querySelector('#reference').before(offer);
}

async function showCode(offer) {
  const { shown_in: place, error } = await callDocs('/docs/code', {});
  if (error !== undefined) return say(offer, error.message);
  const where =
    place === 'terminal' ? 'the server’s terminal' : 'the file “one-time-code” of the server’s data folder';
  offer
    .querySelector('button')
    .insertAdjacentHTML(
      'beforebegin',
      `<label>The code in ${where}: <input autocomplete="off" required maxlength="40"></label> `,
    );
  offer.querySelector('input').focus();
}

async function redeem(offer, code) {
  const { api_key: key, error } = await callDocs('/docs/key', { code });
  if (key === undefined) return offerAgain(offer, error.message);
  globalThis.sessionStorage.setItem('api_key', key);
  globalThis.location.reload();
}

function offerAgain(offer, message) {
  offer.querySelector('input').value = '';
  say(offer, message);
  // After five wrong tries the code is not good any more: a new one is shown.
  void callDocs('/docs/code', {});
}

function say(offer, message) {
  offer.querySelector('output').textContent = message;
}

async function callDocs(path, body) {
  const sent = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answered = await fetch(path, body === undefined ? {} : sent);
  return answered.json();
}
