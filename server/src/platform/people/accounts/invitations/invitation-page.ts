import { readFileSync } from 'node:fs';
import { htmlPage, type Route, routesFor, wayOn } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';

const file = (name: string) => readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8');
const FORM = file('accept.html');
const PAGE = htmlPage({
  title: 'Accept an invitation',
  content: (brand) => `${FORM}\n<div id="on" hidden>${wayOn(brand)}</div>`,
  script: file('accept.js'),
});

/** The token is behind the # of the link: browsers do not send that part, and mail scanners that open links change nothing. */
export const invitationPage: Route = routesFor<Accounts>()(
  'GET /v1/invitations/accept',
  {
    operation: 'showInvitation',
    summary: 'Show the page of an invitation',
    description: 'A person signs in there and accepts; opening it changes nothing.',
    tag: 'Organizations',
    auth: 'none',
    page: true,
    rate: { perMinute: 60, by: 'ip' },
    reply: { 200: z.string().describe('A page for people, in HTML.') },
  },
  async () => PAGE,
);
