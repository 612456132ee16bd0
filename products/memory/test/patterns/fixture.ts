import { expect } from 'vitest';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import type { Message, Rememberer } from '../fixture.ts';

export interface ShownPattern {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly level: string;
  readonly team_id: string | null;
  readonly texts: readonly string[];
  readonly tools: readonly string[];
  readonly sessions: number;
  readonly occurrences: number;
  readonly confidence: number;
}

const of = (role: string) => (text: string) => ({ role, text });
const [user, assistant, tool] = [of('user'), of('assistant'), of('tool')];

/** Three things that recur, in other words each time: steps, an error with its end, a rule. */
export const VARIANTS: readonly (readonly Omit<Message, 'client_id'>[])[] = [
  [
    user('Always pin base images by digest.'),
    tool('$ terraform fmt\n$ terraform validate\n$ terraform plan -out=next'),
    tool('ModuleNotFoundError: No module named "redis"'),
    assistant('`poetry install` brings it.'),
    user('works now'),
  ],
  [
    user('I get ModuleNotFoundError: No module named "stripe"'),
    assistant('Run `poetry install --with dev`.'),
    user('solved, thanks'),
    assistant('I run `terraform fmt`, `terraform validate` and `terraform plan`.'),
    user('Base images must always be pinned by digest!'),
  ],
  [
    tool('$ terraform fmt -recursive'),
    tool('$ terraform validate\n$ terraform plan'),
    tool('ModuleNotFoundError: No module named "celery"\n'),
    tool('$ poetry install'),
    user('fixed'),
    user('please always pin a base image by its digest'),
  ],
];

export async function sayVariant(by: Rememberer, variant: number, more: object = {}): Promise<string> {
  const id = await by.session(`variant-${variant}`, more);
  const said = (VARIANTS[variant] ?? []).map((message, n) => ({
    ...message,
    client_id: `${n}`,
    said_at: `2026-11-20T08:00:0${n}Z`,
  }));
  expect((await by.say(id, ...said)).status).toBe(200);
  return id;
}

/** Asks for patterns; answers the job. */
export async function askFor(by: Rememberer, sessions: readonly string[] = []): Promise<string> {
  const { status, body } = await by.call('POST /v1/patterns/extract', { session_ids: sessions });
  expect(status).toBe(202);
  return String(body['job_id']);
}

export async function waitForJob(by: Rememberer, job: string): Promise<void> {
  await waitFor(async () => {
    const { body } = await by.call(`GET /v1/jobs/${job}`);
    if (body['status'] === 'dead') throw new Error(`the job failed: ${String(body['error'])}`);
    return body['status'] === 'done';
  });
}

export async function extract(by: Rememberer, sessions: readonly string[] = []): Promise<void> {
  await waitForJob(by, await askFor(by, sessions));
}

export async function patternsOf(by: Rememberer, query = ''): Promise<readonly ShownPattern[]> {
  const { body } = await by.call(`GET /v1/patterns?limit=100${query}`);
  const data = body['data'] as readonly ShownPattern[];
  return data.toSorted((one, other) => (one.kind < other.kind ? -1 : 1));
}
