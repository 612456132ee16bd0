import './tags.ts';
import './errors.ts';
import {
  declareLongUses,
  defineProduct,
  type PolicyInput,
  type ProductJob,
  routesOf,
  toolTexts,
} from 'plinth/product';
import { z } from 'zod';
import { marketplace } from '@plinth/marketplace';
import { AGENTS } from './agents/registry.ts';
import * as backupRoutes from './backups/routes.ts';
import { CALL_AGENT } from './chat/agent-run.ts';
import { MOST_CALLS } from './chat/question.ts';
import * as chatRoutes from './chat/routes.ts';
import { adiuvaCrashPoints } from './crash-points.ts';
import { adiuvaDataRules } from './data-rules.ts';
import { adiuvaCatalogue } from './plans.ts';
import * as planRoutes from './playbooks/routes.ts';
import * as recordBatchRoutes from './records/batch-routes.ts';
import * as recordRoutes from './records/routes.ts';
import { type Adiuva, createAdiuva } from './service.ts';
import * as vectorRoutes from './vectors/routes.ts';

/** Secrets that no answer and no action repeats, for every policy whose replies leave: the prompts, what describes tools, and what the router knows of agents. */
const secrets = {
  secretPrompts: 'all',
  secretTexts: [
    {
      id: 'tools',
      parts: toolTexts([
        ...AGENTS.flatMap(({ tools }) => tools),
        { ...CALL_AGENT, input: z.strictObject({}) },
      ]),
    },
    { id: 'agents', parts: [AGENTS.map(({ name, description }) => `${name}: ${description}`).join('\n')] },
  ],
} satisfies Partial<PolicyInput>;

/** Forgets what was deleted long ago, and what departed members kept. Runs until done; the next run takes the rest. */
const prune: ProductJob<Adiuva> = {
  run: async ({ records, members }) => {
    await records.prune();
    await members.forgetDeparted();
  },
};

/** A round of an agent. A user waits for it, and reads it as it comes. */
const answering: PolicyInput = {
  models: ['small'],
  temperature: 0.3,
  maxOutputTokens: 2_000,
  tries: 3,
  rounds: MOST_CALLS + 1,
  patience: 2_000,
  timeouts: { firstToken: 20_000, idle: 20_000, total: 60_000 },
  caps: { runTime: 90_000, inputBytes: 524_288, answerBytes: 131_072 },
  ...secrets,
};

/** Which agent takes a question. It is worth little time: without an answer the task agent does. */
const routing: PolicyInput = {
  models: ['small'],
  temperature: 0,
  maxOutputTokens: 60,
  tries: 1,
  patience: 500,
  timeouts: { firstByte: 4_000, total: 4_000 },
  caps: { runTime: 5_000, inputBytes: 32_768, answerBytes: 8_192 },
};

/** A step of a plan that the client runs. */
const stepping: PolicyInput = {
  models: ['small'],
  temperature: 0.3,
  maxOutputTokens: 3_000,
  tries: 2,
  patience: 2_000,
  timeouts: { firstToken: 20_000, idle: 20_000, total: 60_000 },
  caps: { runTime: 90_000, inputBytes: 524_288, answerBytes: 131_072 },
  ...secrets,
};

/** A plan in place of an answer: ids and references, a page at most. */
const planning: PolicyInput = { ...stepping, maxOutputTokens: 1_500 };

/** Uses of `db.system` by this package, with the reason why no single account or user owns the work. */
const systemUses = {
  'adiuva.records': 'old deletions of records of all accounts go',
  'adiuva.departed': 'what was kept by people who are no members any more goes, in all accounts',
};

declare module 'plinth/product' {
  interface ProductSystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('adiuva.records', 'adiuva.departed');

/** Adiuva: the cloud of a desktop assistant, which keeps nothing that it could read, and its marketplace of plugins. */
export const adiuva = defineProduct({
  ...adiuvaCatalogue,
  folder: import.meta.url,
  dataRules: adiuvaDataRules,
  systemUses,
  crashPoints: adiuvaCrashPoints,
  routes: [
    ...routesOf(chatRoutes),
    ...routesOf(planRoutes),
    ...routesOf(recordRoutes),
    ...routesOf(recordBatchRoutes),
    ...routesOf(backupRoutes),
    ...routesOf(vectorRoutes),
  ],
  policies: { chat: answering, routing, step: stepping, planning },
  jobs: { prune },
  schedules: { prune: { cron: '13 4 * * *', job: 'prune' } },
  service: createAdiuva,
  parts: [marketplace],
});
