import { readFileSync } from 'node:fs';
import { type HtmlPage, htmlPage } from '#platform/http';

interface LinkPage {
  /** The end of the path that the page is at, and posts to. */
  readonly call: string;
  readonly title: string;
  readonly fields: string;
  readonly button: string;
  /** The sentence when it worked. */
  readonly done: string;
}

const script = readFileSync(new URL('./link.js', import.meta.url), 'utf8');

/**
 * The page behind a link in a mail. It does nothing by being opened, for mail scanners open links: a person presses its
 * button. The same for every link: the page itself reads the address, so that nothing of it is in the HTML.
 */
function linkPage({ title, call, fields, button, done }: LinkPage): () => HtmlPage {
  const content = `<form method="post" data-call="${call}" data-done="${done}">\n${fields}\n<button>${button}</button>\n</form>`;
  const page = htmlPage({ title, content, script });
  return () => page;
}

export const verifyPage = linkPage({
  call: '/auth/verify-email',
  title: 'Confirm your email address',
  fields: '',
  button: 'Confirm',
  done: 'Your address is confirmed. You can close this page.',
});

export const resetPage = linkPage({
  call: '/auth/reset-password',
  title: 'Choose a new password',
  fields:
    '<label for="password">New password</label>\n<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required autofocus>',
  button: 'Set the password',
  done: 'Your password is set, and you are signed out everywhere. Sign in with the new one.',
});

export const signInPage = linkPage({
  call: '/auth/mail/open',
  title: 'Sign in',
  fields:
    '<p>This works in the browser in which you asked to sign in. If you asked elsewhere, type the code of the mail there.</p>',
  button: 'Sign in',
  done: 'You are being sent on.',
});

export const adminPage = linkPage({
  call: '/auth/accept-admin',
  title: 'Become an admin of this server',
  fields:
    '<label for="password">New password</label>\n<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="200" required autofocus>',
  button: 'Set the password',
  done: 'You are a platform admin. Sign in with the address that was invited and this password.',
});

export const restorePage = linkPage({
  call: '/auth/restore',
  title: 'Open your account again',
  fields: '',
  button: 'Open it again',
  done: 'Your account is open again. Sign in, and close this page.',
});
