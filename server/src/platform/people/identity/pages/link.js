const page = document.querySelector('[data-page]');
const status = document.querySelector('[role=status]');
const [over, on] = [document.querySelector('#over'), document.querySelector('#on')];
// Its message stands above the way on.
on.before(status);
const { pathname, search, hash } = location;
const start = pathname.indexOf(page.dataset.page);
const [base, end] = [pathname.slice(0, start), start + page.dataset.page.length];
const token = new URLSearchParams(search).get('token') ?? (pathname.slice(end + 1) || hash.slice(1));
// The link lets in: it is to stay in no history.
history.replaceState(null, '', pathname.slice(0, end));
for (const field of document.querySelectorAll('[name=token]')) field.value = token;

async function submit(form) {
  status.textContent = 'One moment …';
  try {
    const response = await fetch(base + form.dataset.call, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const said = await response.json();
    const isOver = said.error?.code === 'link_invalid';
    status.textContent = response.ok ? form.dataset.done : isOver ? '' : said.error.message;
    form.hidden = response.ok || isOver;
    if (form.hidden) over.hidden = !isOver;
    on.hidden = !form.hidden || said.location !== undefined;
    if (response.ok && said.location !== undefined) location.assign(said.location);
  } catch {
    status.textContent = 'The server can not be reached. Try again.';
  }
}

for (const form of document.forms)
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit(form);
  });
