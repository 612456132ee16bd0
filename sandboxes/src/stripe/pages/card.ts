import { ACCOUNTS, CARDS } from '../world/index.ts';
import type { PaymentForm } from '../checkout/submit.ts';
import { html, type Markup } from './html.ts';

/** The fields of a card. */
export function cardFields(): Markup {
  return html`<label>Card number <input name="number" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" required></label>
<div class="row">
<label>Expiry <input name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="MM/YY" required></label>
<label>Security code <input name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" required></label>
</div>
<label>Name on the card <input name="name" autocomplete="cc-name"></label>`;
}

/** The fields of a bank account that is debited. */
export function debitFields(): Markup {
  return html`<label>IBAN <input name="iban" autocomplete="off" placeholder="AT61 1904 3002 3457 3201" required></label>
<label>Name of the account’s owner <input name="name" autocomplete="name" required></label>
<p class="soft">By this you let the shop debit your account. The bank takes days to say whether it is paid.</p>`;
}

/** Which accounts there are, and what becomes of debits. */
export function testAccounts(): Markup {
  const rows = ACCOUNTS.map(
    ({ iban, does }) =>
      html`<tr><td><code>${iban.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code></td><td>${does}</td></tr>`,
  );
  return html`<details><summary>Accounts for trying things out</summary><table>${rows}</table></details>`;
}

/** Which numbers there are, and what becomes of them. */
export function testCards(): Markup {
  const rows = CARDS.map(
    (card) =>
      html`<tr><td><code>${card.number.replaceAll(/(\d{4})(?=\d)/g, '$1 ')}</code></td><td>${card.does}</td></tr>`,
  );
  return html`<details><summary>Cards for trying things out</summary>
<p>Any date to come, and any three digits.</p>
<table>${rows}</table>
</details>`;
}

export function readCard(form: URLSearchParams): PaymentForm {
  const text = (name: string) => form.get(name)?.trim() || undefined;
  return {
    number: text('number') ?? '',
    expiry: text('expiry') ?? '',
    cvc: text('cvc') ?? '',
    email: text('email'),
    name: text('name'),
    taxId: text('tax_id'),
    iban: text('iban'),
  };
}

/** What a bank shows before it lets a payment through. `intent`: what it asks about, where the address does not say it. */
export function bankPage(action: string, asks: string, intent?: string): Markup {
  const hidden =
    intent === undefined ? undefined : html`<input type="hidden" name="intent" value="${intent}">`;
  return html`<h1>Your bank asks</h1>
<p>${asks}</p>
<form method="post" action="${action}" class="inline">
${hidden}
<button name="decision" value="confirm">Confirm</button>
<button name="decision" value="fail" class="other">Refuse</button>
</form>`;
}

export function problem(says: string | null): Markup | undefined {
  return says === null ? undefined : html`<p class="problem" role="alert">${says}</p>`;
}
