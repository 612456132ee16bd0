import { expect, test } from 'vitest';
import type { JobHandler, QueuedJob, Schedule } from '#platform/queue';
import { defineModule, keepSchedules } from './index.ts';

interface Notes {
  readonly swept: string[];
  readonly isEmpty: boolean;
}

const notes = defineModule({
  name: 'notes',
  purpose: '',
  schedules: {
    sweep: { cron: '7 * * * *', run: async ({ swept }) => swept.push('all') },
    vacuum: { cron: '8 * * * *', run: () => Promise.resolve(), when: ({ isEmpty }) => !isEmpty },
  },
  create: (): Notes => ({ swept: [], isEmpty: true }),
});

test('what a module does by the clock is a job and its schedule', async () => {
  const [handlers, schedules]: [JobHandler[], Schedule[]] = [[], []];
  const service = notes.create();
  keepSchedules(
    { handle: (handler) => void handlers.push(handler), schedule: (one) => void schedules.push(one) },
    notes,
    service,
  );
  expect(schedules).toEqual([{ name: 'platform.sweep', cron: '7 * * * *', kind: 'platform.sweep' }]);
  expect(handlers.map(({ kind }) => kind)).toEqual(['platform.sweep']);
  await handlers[0]?.run({} as QueuedJob);
  expect(service.swept).toEqual(['all']);
});
