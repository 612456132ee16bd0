import type { Route } from '#platform/http';
import {
  type Caller,
  CALLERS,
  declarationOf,
  expectedOf,
  type Outcome,
} from '../../../server/src/main/access-matrix.ts';
import { holesOf, paramNames, type Reply } from '../calls.ts';
import { makeRoom } from '../rates.ts';
import { type WalkerFixture, visit } from '../rules/rule.ts';
import { sendBySocket } from '../sockets.ts';
import { type Callers, makeCallers } from './callers.ts';

/** A busy machine may let a caller in without counting the call: then an answer tells less, and is asked for again. */
const TRIES = 3;

/** The calls of the matrix whose answer is not what the route declares, in sentences that say what to do. */
export async function disagreements(
  routes: readonly Route[],
  fixture: WalkerFixture,
  expected: typeof expectedOf = expectedOf,
): Promise<string[]> {
  const found: string[] = [];
  let callers = await makeCallers(fixture);
  for (const route of routes) {
    for (const caller of Object.keys(CALLERS) as Caller[]) {
      const says = expected(route, caller);
      const reply = await tryRoute(route, { fixture, callers, caller, says });
      const saw = outcomeOf(route, reply);
      if (!agree(route, says, saw)) found.push(sentence(route, { caller, says, saw, reply }));
      if (route.shape.socket !== undefined)
        found.push(...(await objectionsToSocket(route, { fixture, callers, caller, says }, reply)));
      const mayHarm = route.method !== 'GET' && reply.status < 300;
      if (mayHarm && !(await callers.isIntact())) callers = await makeCallers(fixture);
    }
  }
  return found;
}

interface Trial {
  readonly fixture: WalkerFixture;
  readonly callers: Callers;
  readonly caller: Caller;
  readonly says: Outcome;
}

async function tryRoute(route: Route, { fixture, callers, caller, says }: Trial): Promise<Reply> {
  const sending = await callers.sendingOf(caller, route);
  let reply = await visit(fixture, route, sending);
  for (let n = 1; n < TRIES && !agree(route, says, outcomeOf(route, reply)); n += 1) {
    reply = await visit(fixture, route, sending);
  }
  return reply;
}

const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404]);

/** A caller who is refused a POST is refused its socket, in the same words, and no other caller is. */
async function objectionsToSocket(
  route: Route,
  { fixture, callers, caller }: Trial,
  { status, code = 'in' }: Reply,
): Promise<string[]> {
  await makeRoom(fixture.app, route);
  const heard = await sendBySocket(fixture.url, route, await callers.sendingOf(caller, route));
  const isRefusal = REFUSALS.has(status) || REFUSALS.has(heard.status);
  const isSame = heard.status === status && heard.code === code;
  if (!isRefusal || isSame) return [];
  const said = `${heard.status} ${heard.code ?? ''}`;
  return [`${route.name}: ${CALLERS[caller]} gets ${status} ${code}, and by its socket ${said}`];
}

/**
 * What an answer tells of access: rates are counted for callers that are let in, and told in every answer from there on. The role
 * in an organization of the path is looked at behind that door, by the service.
 */
function outcomeOf({ shape }: Route, { status, code, headers }: Reply): Outcome {
  if (code === 'step_up_required') return 403;
  if (shape.within !== undefined && code === 'forbidden') return 403;
  if (shape.within !== undefined && code === 'not_found') return 404;
  const isRefusal = status === 401 || status === 403 || status === 404;
  return isRefusal && !headers.has('ratelimit') ? status : 'in';
}

/** A caller with access to an organization may get 404 for the example's ids. */
function agree(route: Route, says: Outcome, saw: Outcome): boolean {
  if (says === saw) return true;
  const named = new Set([...paramNames(route), ...holesOf(route).map(({ name }) => name)]);
  return says === 'in' && saw === 404 && route.shape.within !== undefined && named.size > 1;
}

function sentence(
  route: Route,
  { caller, says, saw, reply }: { caller: Caller; says: Outcome; saw: Outcome; reply: Reply },
): string {
  const did = saw === 'in' ? 'is let in' : `is refused with ${saw}`;
  const should = says === 'in' ? 'is let in' : `is ${says}`;
  return `${route.name}: ${CALLERS[caller]} ${did} (${reply.status} ${reply.code ?? ''}); it declares "${declarationOf(route)}", by which that caller ${should}`;
}
