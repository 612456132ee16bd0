import type { Client } from './provider.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '');

/** The page on which a person says who they are, and whether they agree. */
export function authorizePage({ clientId }: Client, query: URLSearchParams): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandbox sign-in</title>
<h1>Sandbox sign-in</h1>
<p>${escaped(clientId)} wants to know who you are. This provider believes whatever you say.</p>
<form method="post" action="/authorize?${escaped(query.toString())}">
<p><label>Email <input name="email" type="email" value="${escaped(query.get('login_hint') ?? 'ada@example.com')}" required></label></p>
<p><label>Name <input name="name" value="Ada Lovelace"></label></p>
<p><label><input name="verified" type="checkbox" checked> The email is verified</label></p>
<button name="decision" value="allow">Sign in</button>
<button name="decision" value="deny" formnovalidate>Cancel</button>
</form>
</html>
`;
}

/** The page for what can't be sent back to a client. */
export const refusalPage = (says: string) =>
  `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Sandbox sign-in</title>\n<h1>This request is refused</h1>\n<p>${escaped(says)}</p>\n</html>\n`;
