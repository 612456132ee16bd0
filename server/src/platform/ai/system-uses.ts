import { declareLongUses } from '#platform/db';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
export const aiSystemUses = {
  'admin.providers': 'a platform admin sees how providers fare for all accounts',
  'admin.safety': 'a platform admin sees how much was found in texts of all people, and nothing of whose',
  'ai.safety': 'old safety events of all people are deleted in one run',
} as const;

declareLongUses('ai.safety');

type Own = typeof aiSystemUses;
declare module '#platform/db' {
  interface SystemUses extends Own {}
}
