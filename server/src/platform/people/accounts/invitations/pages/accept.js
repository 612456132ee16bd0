const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const base = location.pathname.slice(0, location.pathname.indexOf('/invitations/accept'));
const token = location.hash.slice(1);
// The link lets in: it is to stay in no history.
history.replaceState(null, '', location.pathname);

async function call(path, body, bearer) {
  const response = await fetch(base + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

async function accept(person) {
  const { access_token: bearer } = await call('/auth/login', person);
  try {
    const { name, role } = await call('/invitations/accept', { token }, bearer);
    form.hidden = true;
    return `You have joined ${name} as ${role}. You can close this page.`;
  } finally {
    // The session was for this alone.
    await call('/auth/logout', undefined, bearer);
  }
}

async function register(person) {
  await call('/auth/register', person);
  return 'Confirm your address with the mail that we have sent, then open the link of the invitation again.';
}

const failed = (error) =>
  error instanceof TypeError ? 'The server can not be reached. Try again.' : error.message;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  status.textContent = 'One moment …';
  const act = event.submitter.value === 'register' ? register : accept;
  void act(Object.fromEntries(new FormData(form)))
    .catch(failed)
    .then((told) => {
      status.textContent = told;
    });
});
