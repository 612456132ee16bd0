import { namedObject, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { Diagnosis } from './diagnosis.ts';

const route = routesFor<Diagnosis>();
const reads = { tag: 'Admin', auth: 'admin', scope: 'admin:read' } as const;

const settings = route(
  'GET /v1/admin/config',
  {
    ...reads,
    summary: 'List the settings in effect',
    description: 'As `plinth config` has them: of a secret only whether it is set.',
    rate: { perMinute: 60, by: 'user' },
    reply: {
      200: namedObject('SettingsInEffect', {
        data: z.array(
          namedObject('Setting', {
            name: z.string(),
            group: z.string(),
            says: z.string(),
            is_secret: z.boolean(),
            is_set: z.boolean(),
            value: z.string().nullable().describe('null: it is not set, or a secret.'),
          }),
        ),
        ai: z
          .array(namedObject('AiSetting', { name: z.string(), value: z.string() }))
          .describe('What is in effect of AI_CONFIG, and of what comes with the program.'),
      }),
    },
  },
  async (_call, diagnosis) => ({ data: [...diagnosis.settings()], ai: [...diagnosis.ai()] }),
);

const doctor = route(
  'GET /v1/admin/doctor',
  {
    ...reads,
    summary: 'Look at all that the server stands on',
    description:
      'As `plinth doctor` does, from this process: it asks the database, the providers and whatever else the settings name, at once. Paths and addresses of other hosts are left out.',
    rate: { perMinute: 12, by: 'user' },
    reply: {
      200: namedObject('Findings', {
        data: z.array(
          namedObject('Finding', {
            name: z.string(),
            status: z.enum(['ok', 'warning', 'failed']),
            says: z.string(),
          }),
        ),
      }),
    },
  },
  async (_call, diagnosis) => ({ data: [...(await diagnosis.findings())] }),
);

/** Calls of platform admins. */
export const diagnosisRoutes: Route[] = [settings, doctor];
