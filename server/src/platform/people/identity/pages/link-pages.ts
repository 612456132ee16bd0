import { readFileSync } from 'node:fs';
import { escapeHtml, type HtmlPage, htmlPage, wayOn } from '#platform/http';

/** The state of a link, by its token. An `expired` one has its address; a `gone` one was used, or a newer one was sent. */
export interface LinkState {
  readonly state: 'good' | 'expired' | 'gone';
  readonly email?: string | undefined;
}

interface LinkPage {
  /** The end of the path that the page is at, and posts to. */
  readonly call: string;
  readonly title: string;
  readonly fields: string;
  readonly button: string;
  /** The sentence when it worked. */
  readonly done: string;
  /** The call by which an address gets another link, where anybody may ask for one, else the sentence that says how. */
  readonly again: { readonly call: string } | { readonly text: string };
  /** Where it leads to in the end; without it, to where customers of the brand sign in. */
  readonly app?: string;
}

const script = readFileSync(new URL('./link.js', import.meta.url), 'utf8');
const EXPIRED = 'The time of this link is over.';
const GONE = 'A link works once, for a limited time: it was used, its time is over, or a newer one was sent.';

/**
 * The page behind a link in a mail. It does nothing by being opened, for mail scanners open links: a person presses its
 * button. It names the address that the link was sent to and never the token, which the page's program reads from its own URL.
 * A link that is over leads to another one, or to where people sign in.
 */
function linkPage(of: LinkPage): (link?: LinkState) => HtmlPage {
  const { title, call, fields, button, done } = of;
  return ({ state, email } = { state: 'good' }) => {
    const isGood = state === 'good';
    const whose = email === undefined ? '' : `<p>For <strong>${escapeHtml(email)}</strong></p>\n`;
    const form = `<form method="post" data-call="${call}" data-done="${done}">\n<input type="hidden" name="token">\n${whose}${fields}\n<button>${button}</button>\n</form>`;
    return htmlPage({
      title: isGood ? title : 'This link is over',
      script,
      content: (brand) =>
        [
          `<div data-page="${call}">`,
          ...(isGood ? [form] : []),
          `<div id="over"${isGood ? ' hidden' : ''}>\n<p>${state === 'expired' ? EXPIRED : GONE}</p>\n${againOf(of.again, email)}\n</div>`,
          `<div id="on"${isGood ? ' hidden' : ''}>${wayOn(brand, of.app)}</div>\n</div>`,
        ].join('\n'),
    });
  };
}

function againOf(again: LinkPage['again'], email = ''): string {
  if ('text' in again) return `<p>${again.text}</p>`;
  return `<form method="post" data-call="${again.call}" data-done="If this address can get another link, it is on its way. Look into your mailbox.">
<label for="email">Email address</label>
<input id="email" name="email" type="email" autocomplete="username" maxlength="254" value="${escapeHtml(email)}" required>
<button>Send another link</button>
</form>`;
}

const NEW_PASSWORD =
  '<label for="password">New password</label>\n<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required autofocus>';

export const verifyPage = linkPage({
  call: '/auth/verify-email',
  title: 'Confirm your email address',
  fields: '',
  button: 'Confirm',
  done: 'Your address is confirmed. You can sign in with it.',
  again: { call: '/auth/resend-verification' },
});

/** The same for the new address of a user, which only that user may ask for again. */
export const changedAddressPage = linkPage({
  call: '/auth/verify-email',
  title: 'Confirm your new email address',
  fields: '',
  button: 'Confirm',
  done: 'Your address is confirmed. Sign in with it from now on.',
  again: { text: 'Sign in with your old address, and change it once more.' },
});

export const resetPage = linkPage({
  call: '/auth/reset-password',
  title: 'Choose a new password',
  fields: NEW_PASSWORD,
  button: 'Set the password',
  done: 'Your password is set, and you are signed out everywhere. Sign in with the new one.',
  again: { call: '/auth/forgot-password' },
});

export const signInPage = linkPage({
  call: '/auth/mail/open',
  title: 'Sign in',
  fields:
    '<p>This works in the browser in which you asked to sign in. If you asked elsewhere, type the code of the mail there.</p>',
  button: 'Sign in',
  done: 'You are being sent on.',
  again: { text: 'Ask for another mail where you sign in.' },
});

export const adminPage = linkPage({
  call: '/auth/accept-admin',
  title: 'Become an admin of this server',
  fields: NEW_PASSWORD,
  button: 'Set the password',
  done: 'You are a platform admin. Sign in with the address that was invited and this password.',
  again: { text: 'If you have not set a password by it, ask for another invitation.' },
  app: '/app',
});

export const restorePage = linkPage({
  call: '/auth/restore',
  title: 'Open your account again',
  fields: '<p>It will be as it was: keys, plans, organizations and all else.</p>',
  button: 'Open it again',
  done: 'Your account is open again. Sign in to use it.',
  again: { call: '/auth/resend-restore' },
});
