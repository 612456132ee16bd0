const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const { pathname, search, hash } = location;
const end = pathname.indexOf(form.dataset.call) + form.dataset.call.length;
const call = pathname.slice(0, end);
const token = new URLSearchParams(search).get('token') ?? (pathname.slice(end + 1) || hash.slice(1));
// The link lets in: it is to stay in no history.
history.replaceState(null, '', call);

async function submit() {
  status.textContent = 'One moment …';
  try {
    const response = await fetch(call, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, ...Object.fromEntries(new FormData(form)) }),
    });
    const said = await response.json();
    form.hidden = response.ok;
    status.textContent = response.ok ? form.dataset.done : said.error.message;
    if (response.ok && said.location !== undefined) location.assign(said.location);
  } catch {
    status.textContent = 'The server can not be reached. Try again.';
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
