import { declareMails, mailTemplate } from '#platform/product';
import { z } from 'zod';

/** What people are told by mail of what others do in their workspaces. */
export const orbitMails = declareMails('orbit', import.meta.url, {
  comment_mention: mailTemplate(
    z.strictObject({
      author: z.string(),
      scope: z.string(),
      workspace: z.string(),
      comment: z.string(),
      next: z.string(),
    }),
    {
      author: 'Grace Hopper',
      scope: 'A new shop for Acme',
      workspace: 'Analytical Engines',
      comment: 'Does the budget include the licences?',
      next: 'Read and answer it in Orbit: https://orbit.example.com/scopes/example?comment=example',
    },
  ),
});
