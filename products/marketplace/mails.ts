import { declareMails, mailTemplate } from 'plinth/product';
import { z } from 'zod';

const plugin = z.string();
const version = { plugin, version: z.string() };
const example = { plugin: 'Day planner', version: '1.2.0' };
const reason = 'It sends notes to a host that no permission names.';

export const marketplaceMails = declareMails('adiuva', import.meta.url, {
  plugin_approved: mailTemplate(z.strictObject(version), example),
  plugin_rejected: mailTemplate(z.strictObject({ ...version, reason: z.string() }), { ...example, reason }),
  plugin_removed: mailTemplate(z.strictObject({ plugin, account: z.string(), reason: z.string() }), {
    plugin: example.plugin,
    account: 'Analytical Engines',
    reason,
  }),
});
