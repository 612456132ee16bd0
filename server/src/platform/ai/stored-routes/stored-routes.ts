import { type Audit, actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, createFollower, type Database, type Transaction } from '#platform/db';
import type { Caller } from '#platform/http';
import { AppError, invalidInput } from '#platform/kernel';
import type { AiLogger } from '../ports.ts';
import { healthOfTarget } from '../providers/health.ts';
import type { Providers, RouteInEffect } from '../providers/providers.ts';
import { ALIAS, type Route, type RouteFault, routeOf } from '../providers/routes.ts';
import { deleteRoute, lockRoutes, storedRoutes, type StoredRow, storeRoute } from './store.ts';

const CHANGE = commitPoint(
  'ai.route-change',
  'a route of models, or that there is none, and its line of the audit',
);

/** All of them are kept in each process. */
const MOST = 100;
const CHANGED = 'ai.routes';
/** Milliseconds: how long a process keeps a route whose change it was not told of. */
const LOOK_EVERY = 8_000;

/** The database that routes are stored in, and the audit. */
export interface StoredRoutesParts {
  readonly db: Database;
  readonly audit: Audit;
}

interface Parts extends StoredRoutesParts {
  readonly logger: AiLogger | undefined;
  readonly providers: () => Providers;
  /** Puts them into effect, as far as this process has their models. */
  readonly put: (routes: ReadonlyMap<string, unknown>) => void;
}

/** A platform admin at work on a route, of the version that they have read; 0: that none is stored. */
export interface RouteChange {
  readonly alias: string;
  readonly version: number | undefined;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

/** Routes that operators stored: each process reads them at its start, when another tells of a change, and every few seconds. */
export function createStoredRoutes(parts: Parts) {
  const { db, audit, providers } = parts;
  let rows: readonly StoredRow[] = [];

  async function read(): Promise<void> {
    const [now] = await db.system('ai.routes', [storedRoutes]);
    const isKnown = JSON.stringify(now) === JSON.stringify(rows);
    rows = now;
    if (!isKnown) parts.put(new Map(now.map(({ alias, route }) => [alias, route])));
  }

  const { look: refresh, ...follower } = createFollower({
    db,
    topic: CHANGED,
    every: LOOK_EVERY,
    look: read,
    failed: (err) => parts.logger?.warn({ err }, 'routes were not read'),
  });

  function views() {
    const { routes, aside } = providers();
    const stored = new Map(rows.map((row) => [row.alias, row]));
    const gone = rows.flatMap(({ alias }) => (routes.has(alias) ? [] : [alias]));
    return [...routes.keys(), ...gone].map((alias) =>
      viewOf(alias, { inEffect: routes.get(alias), row: stored.get(alias), faults: aside.get(alias) ?? [] }),
    );
  }

  async function change(
    { alias, version, caller, origin }: RouteChange,
    write: (
      tx: Transaction,
      now: { readonly before: StoredRow | undefined; readonly isFull: boolean },
    ) => Promise<Route | null>,
  ): Promise<void> {
    await db.system('ai.routes', CHANGE, async (tx) => {
      await tx.run(lockRoutes);
      const all = await tx.run(storedRoutes);
      const before = all.find((row) => row.alias === alias);
      if (version !== undefined && version !== (before?.version ?? 0))
        throw new AppError('precondition_failed');
      const isFull = before === undefined && all.length >= MOST;
      const route = await write(tx, { before, isFull });
      await audit.recordIn(tx, {
        action: route === null ? 'ai_route.deleted' : 'ai_route.changed',
        actor: actorOf(caller),
        target: { kind: 'ai_route', id: alias },
        changes: { route, before: before?.route ?? null },
        origin,
      });
    });
    db.signal(CHANGED);
    await refresh();
  }

  return {
    /** Reads them, and hears of changes from then on. */
    async ready(): Promise<void> {
      await refresh();
      follower.start();
    },
    async list(): Promise<readonly RouteView[]> {
      await refresh();
      return views();
    },
    async store(of: RouteChange, route: Route): Promise<RouteView> {
      if (!ALIAS.test(of.alias))
        throw invalidInput('path.alias', 'An alias has up to 100 of A-Z a-z 0-9 _ . : @ -');
      const faults = providers().faultsOf(route);
      const [first] = faults;
      if (first !== undefined)
        throw new AppError('validation_failed', {
          message: first.message,
          details: { issues: faults.map(({ path, message }) => ({ path: `body.${path}`, message })) },
        });
      await change(of, async (tx, { isFull }) => {
        if (isFull) throw new AppError('route_limit', { details: { max: MOST } });
        await tx.run(storeRoute(of.alias, route, of.caller.userId));
        return route;
      });
      const view = views().find(({ alias }) => alias === of.alias);
      if (view === undefined) throw new AppError('not_found');
      return view;
    },
    async remove(of: RouteChange): Promise<void> {
      await change(of, async (tx, { before }) => {
        if (before === undefined) throw new AppError('not_found');
        await tx.run(deleteRoute(of.alias));
        return null;
      });
    },
    close: follower.close,
  };
}

export type StoredRoutes = ReturnType<typeof createStoredRoutes>;

/** An alias, as operators see it. */
export interface RouteView {
  readonly alias: string;
  readonly source: RouteInEffect['source'] | 'none';
  readonly order: Route['order'] | null;
  readonly sticky: boolean | null;
  readonly models: (Share & ReturnType<typeof healthOfTarget>)[];
  readonly beneath: Route | null;
  readonly stored: {
    readonly route: unknown;
    readonly version: number;
    readonly changed_at: string;
    readonly changed_by: string | null;
    readonly email: string | null;
    readonly faults: readonly RouteFault[];
  } | null;
}

type Share = Route['models'][number];

function viewOf(
  alias: string,
  {
    inEffect,
    row,
    faults,
  }: {
    readonly inEffect: RouteInEffect | undefined;
    readonly row: StoredRow | undefined;
    readonly faults: readonly RouteFault[];
  },
): RouteView {
  const beneath = inEffect?.beneath;
  return {
    alias,
    source: inEffect?.source ?? 'none',
    order: inEffect === undefined ? null : routeOf(inEffect.alias).order,
    sticky: inEffect === undefined ? null : routeOf(inEffect.alias).sticky,
    models: (inEffect?.members ?? []).map(({ weight, target }) => ({
      model: `${target.provider}/${target.model}`,
      weight,
      ...healthOfTarget(target),
    })),
    beneath: beneath === undefined ? null : routeOf(beneath),
    stored:
      row === undefined
        ? null
        : {
            route: row.route,
            version: row.version,
            changed_at: row.updated_at.toISOString(),
            changed_by: row.changed_by,
            email: row.email,
            faults,
          },
  };
}
