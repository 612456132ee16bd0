import { readFileSync } from 'node:fs';
import { htmlPage, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Accounts } from '../accounts.ts';

const file = (name: string) => readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8');
const PAGE = htmlPage({
  title: 'Accept an invitation',
  content: file('accept.html'),
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
