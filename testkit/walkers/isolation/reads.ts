import { exampleOf, type Route } from '#platform/http';
import { fillingsOf, send, type CallInput } from '../calls.ts';
import { makeRoom } from '../rates.ts';
import type { Tenants } from './tenants.ts';

/** Answers to all that a caller may read, by the call. */
export type Readings = ReadonlyMap<string, ReadAnswer>;

interface ReadAnswer {
  readonly route: Route;
  readonly text: string;
}

/**
 * Reads all that is mine: every GET, with the query of its example and with none; where it takes an id, with the first of mine
 * that it answers well. Refused calls are left out.
 */
export async function readAll(tenants: Tenants, url: string): Promise<Readings> {
  const readings = new Map<string, ReadAnswer>();
  // Calls that failed so far are in the counts of failed calls: these are never the same twice, and not only where a timer was quick.
  await tenants.mine.app.app.modules.callErrors.write();
  const read = async (route: Route, sending: CallInput): Promise<boolean> => {
    await makeRoom(tenants.mine.app, route);
    const { status, text } = await send(url, route, { as: tenants.mine.me.token, ...sending });
    if (status < 400) readings.set(`${route.name} ${JSON.stringify(sending)}`, { route, text });
    return status < 400;
  };
  for (const route of tenants.routes.filter(({ method }) => method === 'GET')) {
    for (const filling of fillingsOf(route, tenants.myIds)) {
      const plain = exampleOf(route).query !== undefined && (await read(route, { filling, query: {} }));
      if ((await read(route, { filling })) || plain) break;
    }
  }
  return readings;
}

/** The calls that two readings of the same rows differ in. */
export function differences(one: Readings, other: Readings): string[] {
  const calls = new Set([...one.keys(), ...other.keys()]);
  return [...calls].filter((call) => one.get(call)?.text !== other.get(call)?.text);
}

/** The calls whose answers hold something of the other household's. */
export function findTelling(readings: Readings, marks: readonly string[]): string[] {
  return [...readings].flatMap(([call, { text }]) => {
    const told = marks.filter((mark) => text.includes(mark));
    return told.length === 0 ? [] : [`${call}: tells ${told.length} things, such as ${told[0]}`];
  });
}

/** The names of the routes that such sentences are about. */
export function routesOf(sentences: readonly string[]): Set<string> {
  return new Set(sentences.map((says) => says.split(/:? /, 2).join(' ').replace(/:$/, '')));
}
