import { declareMails, mailTemplate } from '#platform/product';
import { z } from 'zod';

const version = { plugin: z.string(), version: z.string() };
const example = { plugin: 'Day planner', version: '1.2.0' };

/** What developers and buyers of plugins are told. */
export const adiuvaMails = declareMails('adiuva', import.meta.url, {
  plugin_approved: mailTemplate(z.strictObject(version), example),
  plugin_rejected: mailTemplate(z.strictObject({ ...version, reason: z.string() }), {
    ...example,
    reason: 'It sends notes to a host that no permission names.',
  }),
  plugin_removed: mailTemplate(
    z.strictObject({ plugin: z.string(), account: z.string(), reason: z.string() }),
    {
      plugin: 'Day planner',
      account: 'Analytical Engines',
      reason: 'It sent notes to a host that no permission named.',
    },
  ),
});
