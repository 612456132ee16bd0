import { writeFileSync } from 'node:fs';
import { exampleFiles, exampleOf, type Mounted, type Route, type RouteExample } from '#platform/http';
import { isRecord, paramNames } from '@plinth/testkit/walkers/calls';
import { EXCEPTIONS } from '../exceptions.ts';
import { tellOnce } from '@plinth/testkit/walkers/rules/effects';
import type { WalkerFixture } from '@plinth/testkit/walkers/rules/rule';
import { examplesText } from './examples-text.ts';
import { normalizeReply } from './normalize-reply.ts';

/** Calls whose walkers get a reply that shows less than the written one. */
const WRITTEN: readonly string[] = [
  // Its caller first asks for the price that they agree to, which is not the example's.
  'POST /v1/billing/subscription/change',
  'POST /v1/billing/subscription/resume',
  // Its key is of no server.
  'POST /v1/licenses/validate',
  // The household has invited too often.
  'POST /v1/onboarding/team',
  // Templates of products come first.
  'GET /v1/admin/mail/templates',
];
const A_DAY = 86_400_000;
/** In the paths of calls whose own example names none. */
const ANY_ID = '01939c2e-8f4b-7c3a-9d21-5b6c7d8e9f01';

interface Recording {
  /** Calls that could not be recorded, and how to mend each. */
  readonly problems: string[];
  /** Calls whose replies are written by hand: no walker gets such a reply. */
  readonly kept: string[];
}

/**
 * Makes every call whose example is not in its source, and writes its reply beside its request. A reply that still has the form of the
 * written one is not written anew, unless `all` are.
 */
export async function recordExamples(fixture: WalkerFixture, all: boolean): Promise<Recording> {
  const recording: Recording = { problems: [], kept: [] };
  const [yesterday, tomorrow] = [-1, 1].map((days) => new Date(Date.now() + days * A_DAY).getUTCMonth());
  if (yesterday !== tomorrow)
    return {
      ...recording,
      problems: ['a month begins: a midnight of this day may be that of a month. Record on another day.'],
    };
  const files = exampleFiles();
  const examples = new Map([...files.keys()].map((owner) => [owner, new Map<Route, RouteExample>()]));
  for (const mounted of fixture.mounted)
    for (const route of mounted.routes) {
      if (route.shape.example !== undefined) continue;
      const example = await recordExample(route, {
        fixture,
        all,
        recording,
        products: productsNotOf(mounted, files),
      });
      examples.get(ownerOf(mounted, files))?.set(route, example);
    }
  for (const [owner, file] of files) {
    const own = examples.get(owner);
    if (own !== undefined && own.size > 0) writeFileSync(file, examplesText(own));
  }
  return recording;
}

const ownerOf = ({ module }: Mounted, files: ReadonlyMap<string, URL>) =>
  files.has(module) ? module : 'platform';

/** In the platform's examples, which name no product, `demo` stands for this one before others. */
const SOLD = 'reel';

function productsNotOf(mounted: Mounted, files: ReadonlyMap<string, URL>): string[] {
  const others = [...files.keys()].filter((owner) => owner !== 'platform' && owner !== SOLD);
  return ownerOf(mounted, files) === 'platform' ? [SOLD, ...others] : [];
}

interface RecordOptions {
  readonly fixture: WalkerFixture;
  readonly all: boolean;
  readonly recording: Recording;
  readonly products: readonly string[];
}

async function recordExample(route: Route, options: RecordOptions): Promise<RouteExample> {
  const { recording } = options;
  const written = exampleOf(route);
  const { reply: before, ...request } = { ...written, ...paramsFor(route, written) };
  const keep = { ...request, ...(before === undefined ? {} : { reply: before }) };
  const isExcepted = EXCEPTIONS.some(({ rule, route: name }) => rule === 'answers' && name === route.name);
  if (isExcepted || WRITTEN.includes(route.name)) {
    recording.kept.push(route.name);
    return keep;
  }
  const { sending, reply, refusals } = await tellOnce(route, options.fixture);
  if (reply.status >= 400) {
    recording.problems.push(
      `${route.name} answers ${refusals.join(', ')}: write its request into ${route.name.includes(':') ? 'params, query and body' : 'query and body'} of its example`,
    );
    return keep;
  }
  if (reply.json === undefined) {
    if (reply.text !== '') recording.kept.push(route.name);
    return reply.text === '' || before !== undefined ? keep : { ...request, reply: '…' };
  }
  const normal = normalizeReply({
    json: reply.json,
    request,
    sent: sentFor(request, sending.filling ?? {}),
    at: Date.now(),
    products: options.products,
  });
  const schema = route.shape.reply[reply.status];
  if (isEmptier(normal, before)) recording.kept.push(route.name);
  else if (schema?.safeParse(normal).success !== true)
    recording.problems.push(
      `${route.name} answers what its schema does not take, once it is made the same for each run`,
    );
  else if (options.all || !schema.safeParse(before).success || !haveSameForm(before, normal))
    return { ...request, reply: normal };
  return keep;
}

/** The parameters of a path, where its example does not say them. */
function paramsFor(route: Route, { params }: RouteExample): Pick<RouteExample, 'params'> {
  const words: Readonly<Record<string, unknown>> = route.shape.params ?? {};
  const missing = paramNames(route).filter((name) => params?.[name] === undefined && words[name] !== 'text');
  return missing.length === 0
    ? {}
    : { params: { ...params, ...Object.fromEntries(missing.map((name) => [name, ANY_ID])) } };
}

/** The example's ids, by those that were sent in their place. */
function sentFor(
  request: Omit<RouteExample, 'reply'>,
  filling: Readonly<Record<string, string>>,
): Map<string, string> {
  return new Map(
    Object.entries(filling).flatMap(([hole, id]) => {
      const [place = '', name = ''] = hole.split('.');
      const from: unknown = (request as Readonly<Record<string, unknown>>)[place];
      const said = isRecord(from) ? [from[name]].flat()[0] : undefined;
      return typeof said === 'string' ? [[id, said] as const] : [];
    }),
  );
}

/** Whether a list has nothing in it that has something in the example that is there. */
function isEmptier(value: unknown, before: unknown): boolean {
  if (Array.isArray(value) && Array.isArray(before))
    return value.length === 0 ? before.length > 0 : isEmptier(value[0], before[0]);
  if (!isRecord(value) || !isRecord(before)) return false;
  return Object.entries(value).some(([name, one]) => isEmptier(one, before[name]));
}

/** Whether two replies have the same fields, of the same types; null and an empty list are of any. */
function haveSameForm(one: unknown, other: unknown): boolean {
  if (one === null || other === null) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === 0 || other.length === 0 || haveSameForm(one[0], other[0]);
  if (!isRecord(one) || !isRecord(other)) return typeof one === typeof other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => name in other && haveSameForm(one[name], other[name]))
  );
}
