import { declareMails, mailTemplate } from 'plinth/product';
import { z } from 'zod';

/** The request of a mail, which leads to the comment where a web app is known. */
export const READ_IN_ORBIT = 'Read and answer it in Orbit.';

/** Mails to people about what others do in their workspaces. */
export const orbitMails = declareMails('orbit', import.meta.url, {
  comment_mention: mailTemplate(
    z.strictObject({
      author: z.string(),
      scope: z.string(),
      workspace: z.string(),
      comment: z.string(),
      // A version before wrote none: its mails may wait to be sent.
      next: z.string().default(READ_IN_ORBIT),
      link: z.union([z.url({ protocol: /^https?$/ }), z.literal('')]).default(''),
    }),
    {
      author: 'Grace Hopper',
      scope: 'A new shop for Acme',
      workspace: 'Analytical Engines',
      comment: 'Does the budget include the licences?',
      next: READ_IN_ORBIT,
      link: 'https://orbit.example.com/scopes/example?comment=example',
    },
  ),
});
