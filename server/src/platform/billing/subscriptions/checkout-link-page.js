const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const button = document.querySelector('button');
const token = location.hash.slice(1);
// The link buys in the account's name: it is to stay in no history.
history.replaceState(null, '', location.pathname + location.search);
let agreed;

// UNUSUAL_DIGITS is put before this program: payment providers count some currencies otherwise than Intl.
const money = (amount, currency) => {
  const digits = UNUSUAL_DIGITS[currency] ?? 2;
  const format = new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
};

function show({ checkout_url: page, price }) {
  if (page !== null) return location.assign(page);
  if (price === null) {
    form.hidden = true;
    status.textContent = 'Your plan is changed. You can close this page.';
    return;
  }
  agreed = price;
  const { due_now: due, unit_amount: amount, quantity, currency } = price;
  status.textContent = `You pay ${money(Math.max(0, due), currency)} now, and ${money(amount * quantity, currency)} for each period from then on.`;
  button.textContent = 'Change the plan';
}

async function submit() {
  status.textContent = 'One moment …';
  try {
    const response = await fetch(location.pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, agreed }),
    });
    const body = await response.json();
    if (response.ok) show(body);
    else status.textContent = body.error.message;
  } catch {
    status.textContent = 'The server can not be reached. Try again.';
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void submit();
});
