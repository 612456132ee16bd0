import { exampleOf } from '#platform/http';
import { mailTemplates, productOf } from '#platform/mail';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { allRoutes } from '../../server/src/app/lists.ts';
import { buildConsole } from '../../server/src/main/build-console.ts';

/** Mails to the operator, who runs the commands that they name. */
const TO_OPERATORS = ['operator_budget_closed', 'payouts_problem'];
/** Pages that the server mounts beside its routes. Guides are texts about Plinth: only their frame is the operator's. */
const MOUNTED = ['/app', '/app/sign-in', '/docs/reference'];

await buildConsole();
const app = await testApp({ work: false });
const admin = await app.admin();
for (const product of ['server', 'reel'])
  await app.call(admin.key, `PUT /v1/admin/brands/${product}`, {
    body: {
      name: product === 'reel' ? 'Acme Shorts' : 'Acme',
      support: 'help@acme.example',
      terms_url: 'https://acme.example/terms',
    },
  });

/** The portal, as a customer finds it; a link that is over is refused by a page. */
const link = await app.call(admin.key, 'POST /v1/portal/links', {
  body: { product: 'reel', return_url: 'https://acme.example/account' },
});
const opened = await fetch(String(link.body['url']), { redirect: 'manual' });
const cookie = opened.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
const PORTAL = ['/portal?view=plans'];

const namesUs = /plinth/i;
/** Text and attributes as a reader sees them: scripts, styles and names of files are not read. */
const readable = (html: string) =>
  html.replaceAll(/<(script|style)\b[^>]*>[^]*?<\/\1>/g, '').replaceAll(/<(?:script|link)\b[^>]*>/g, '');

test.each(
  mailTemplates()
    .map(({ name }) => name)
    .filter((name) => !TO_OPERATORS.includes(name)),
)(
  'the mail %s of a branded server bears its name, its support and its terms, and ours nowhere',
  async (mail) => {
    const of = productOf({ name: mail }) ?? 'reel';
    const { body } = await app.call(admin.key, `GET /v1/admin/brands/${of}/preview?mail=${mail}`);
    const { subject, text, html } = body as Record<string, string>;
    for (const part of [subject, text, html]) expect(part).not.toMatch(namesUs);
    for (const part of [text, html])
      for (const shown of [
        of === 'reel' ? 'Acme Shorts' : 'Acme',
        'help@acme.example',
        'https://acme.example/terms',
      ])
        expect(part).toContain(shown);
  },
);

test.each([
  ...allRoutes().flatMap((route) =>
    route.shape.page === true && route.method === 'GET' ? [pathOf(route)] : [],
  ),
  ...MOUNTED,
  ...PORTAL,
])('the page %s of a branded server bears its name in title and head, and ours nowhere', async (path) => {
  const page = await fetch(app.url + path, { headers: { accept: 'text/html', cookie } });
  const html = await page.text();
  const status = path.startsWith('/portal/open') ? 410 : 200;
  expect([page.status, page.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
  expect(readable(html)).not.toMatch(namesUs);
  expect(html).toMatch(/<title>[^<]*Acme[^<]*<\/title>/);
});

test('the API is called by the brand’s name where it says what it is', async () => {
  const { info } = (await (await fetch(`${app.url}/openapi.json`)).json()) as { info: { title: string } };
  expect(info.title).toBe('Acme');
  expect(await (await fetch(app.url)).json()).toMatchObject({ name: 'Acme' });
});

/** The path of a route with the parameters of its example. */
function pathOf(route: ReturnType<typeof allRoutes>[number]): string {
  const { params = {}, query = {} } = exampleOf(route);
  const path = route.path.replaceAll(/:(\w+)/g, (_place, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams(query as Record<string, string>).toString();
  return search === '' ? path : `${path}?${search}`;
}
