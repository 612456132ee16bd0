const form = document.querySelector('form');
const [title, lead, on] = ['h1', '#lead', '#on'].map((one) => document.querySelector(one));
const status = document.querySelector('[role=status]');
// Its message stands above the way on.
on.before(status);
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
  if (!response.ok) throw Object.assign(new Error(answer.error.message), answer.error);
  return answer;
}

/** Says who invites whom to what; an invitation that is over has no form. */
async function look() {
  const { organization, invited_by: inviter, email, role } = await call('/invitations/open', { token });
  title.textContent = `Join ${organization}`;
  lead.textContent = `${inviter ?? 'An admin'} invites you to join ${organization} as ${role}, with the address ${email}.`;
  form.elements.email.value = email;
  form.elements.email.readOnly = true;
}

function end(error) {
  if (error.code !== 'not_found' && error.code !== 'invitation_expired') return failed(error);
  title.textContent = 'This invitation is over';
  lead.hidden = form.hidden = true;
  on.hidden = false;
  return error.code === 'not_found' ? `${error.message} If you have accepted it, sign in.` : error.message;
}

async function accept(person) {
  const { access_token: bearer } = await call('/auth/login', person);
  try {
    const { name, role } = await call('/invitations/accept', { token }, bearer);
    lead.hidden = form.hidden = true;
    on.hidden = false;
    return `You have joined ${name} as ${role}.`;
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
    .catch(end)
    .then((told) => {
      status.textContent = told;
    });
});

void look().catch((error) => {
  status.textContent = end(error);
});
