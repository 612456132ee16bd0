import { actorOf, type RequestOrigin } from '#platform/audit';
import { commitPoint, createFollower, type Statement } from '#platform/db';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import type { Caller } from '#platform/http';
import { ConfigError, stateOfFile } from '#platform/config';
import { AppError, runForEverybody, within } from '#platform/kernel';
import type { Logger } from '#platform/telemetry';
import './errors.ts';
import { comparePlans } from './compare.ts';
import { createDrafts, type PlansDrafts } from './drafts.ts';
import { misnamedFile, type PlansFile, readPlansFile } from './file.ts';
import { createMoves, type MovesParts, type PlanMoves } from './moves.ts';
import { type PlansPreview, previewPlans } from './preview.ts';
import { describeProblem, readPlans } from './read-plans.ts';
import {
  deleteDraft,
  insertVersion,
  isLeftUnsynced,
  isUnsynced,
  listVersions,
  lockPlans,
  newestVersion,
  type VersionRow,
  wasStored,
} from './store.ts';

const CHANGE = commitPoint(
  'plans.change',
  'a version of the plans, the ids of its prices, and its line of the audit',
);

const CHANGED = 'plans';
const FILE_IS_OLD = 'the plans file is that of an earlier version: the stored one is in effect';
/** Milliseconds between two looks at the file, and at a version whose signal was lost. */
const LOOK_EVERY = 4_000;
/** Changes of one version that the log says. */
const MOST_CHANGES = 20;
/** Milliseconds that a push waits for the snapshots of all accounts. They are finished whether it waits or not. */
const SYNC_PATIENCE = 10_000;

export interface PlansParts extends MovesParts {
  readonly entitlements: MovesParts['entitlements'] & Pick<Entitlements, 'liveCatalogues' | 'syncCatalogues'>;
  readonly log: Logger;
  readonly file: PlansFile;
  /** Whether the file becomes a version: a task of an operator takes what is stored. */
  readonly takesFile: boolean;
  /** Makes the prices of later plans where they are sold; its statements belong into the commit of the plans. */
  readonly preparePrices: (change: {
    readonly before: readonly Catalogue[];
    readonly after: readonly Catalogue[];
  }) => Promise<readonly Statement[]>;
}

/** A platform admin who changes the plans, and the version that they have read; 0: that there is none. */
export interface PlansChange {
  readonly document: string;
  readonly version: number | undefined;
  readonly caller: Caller;
  readonly origin: RequestOrigin;
}

/** The plans that are data, in effect in this process. */
export interface PlansInEffect {
  /** undefined: there are none. */
  readonly row: VersionRow | undefined;
  readonly versions: readonly Omit<VersionRow, 'document'>[];
  /** Whether the snapshots of all accounts are those of this version. */
  readonly complete: boolean;
}

/** Plans as data: versions in the database, a file that becomes one when it changes, and an API (docs/plans-file.md). */
export interface Plans {
  /** Puts the plans into effect, and from then on those that are stored later. Throws ConfigError where there are none that can be read. */
  ready(): Promise<void>;
  /** Looks at the file and the database now. */
  look(): Promise<void>;
  inEffect(): Promise<PlansInEffect>;
  preview(document: string): Promise<PlansPreview & { readonly version: number }>;
  push(change: PlansChange): Promise<PlansInEffect>;
  readonly drafts: PlansDrafts;
  readonly moves: PlanMoves;
  close(): void;
}

export function createPlans(parts: PlansParts): Plans {
  const { db, audit, entitlements, log, file } = parts;
  const live = entitlements.liveCatalogues;
  const inSource = [...live.list];
  const keys = inSource.map(({ product }) => product);
  let current: VersionRow | undefined;
  let ours: readonly Catalogue[] = [];
  /** The file at the last look: its state, its last text that was right, and the version that was in effect. */
  let seen:
    | { readonly state: string; readonly text: string | undefined; readonly version: number }
    | undefined;
  let syncing: Promise<void> = Promise.resolve();
  const follower = createFollower({
    db,
    topic: CHANGED,
    every: LOOK_EVERY,
    look,
    failed: (err) => log.warn({ err }, 'plans were not read'),
  });
  const { inTurn } = follower;

  /** The catalogues of a document. Throws ConfigError with a line for each mistake. */
  function read(document: string, isStored = false): readonly Catalogue[] {
    const { catalogues, problems } = readPlans(document, keys, { isStored });
    if (problems.length > 0) throw new ConfigError(problems.map(describeProblem));
    return catalogues;
  }

  /** Exchanges the plans of this process in one turn. A product that is as before stays the same object, and what was derived from it. */
  function put(row: VersionRow): void {
    const next = read(row.document, true).map((one) => {
      const former = ours.find(({ product }) => product === one.product);
      return former !== undefined && JSON.stringify(former) === JSON.stringify(one) ? former : one;
    });
    live.replace([...inSource, ...next]);
    const changes = comparePlans(ours, next).map(({ product, path, text }) => `${product} ${path}: ${text}`);
    [current, ours] = [row, next];
    const some = { changes: changes.slice(0, MOST_CHANGES), of: changes.length };
    log.info({ version: row.version, source: row.source, ...some }, 'plans are in effect');
  }

  function sync(): Promise<void> {
    syncing = syncing
      .then(async () => void (await runForEverybody(() => entitlements.syncCatalogues())))
      .catch((err: unknown) => log.error({ err }, 'snapshots of changed plans could not be written yet'));
    return syncing;
  }

  async function refresh(): Promise<void> {
    const [[row]] = await db.system('plans.read', [newestVersion(current?.version)]);
    if (row !== undefined) put(row);
  }

  /** Stores a version and puts it into effect. Answers why not, where it takes away what accounts hold. */
  async function store(
    { document, after }: { readonly document: string; readonly after: readonly Catalogue[] },
    by: Pick<PlansChange, 'version' | 'caller' | 'origin'> | undefined,
  ): Promise<readonly string[]> {
    await refresh();
    const before = ours;
    const known = current?.version ?? 0;
    if (by?.version !== undefined && by.version !== known) throw new AppError('precondition_failed');
    const { changes, plans, problems } = await previewPlans(db, before, after);
    if (problems.length > 0) return problems;
    const prices = await parts.preparePrices({
      before: [...inSource, ...before],
      after: [...inSource, ...after],
    });
    const touched = plans.filter(({ accounts }) => accounts > 0);
    const caller = by?.caller;
    await db.system('plans.change', CHANGE, async (tx) => {
      await tx.run(lockPlans);
      const [newer] = await tx.run(newestVersion(known));
      // Another process stored one meanwhile: what was checked and priced is no more what there is.
      if (newer !== undefined) throw new AppError('precondition_failed');
      const source = caller === undefined ? 'file' : 'api';
      await tx.run(insertVersion({ version: known + 1, document, source, by: caller?.userId ?? null }));
      await tx.run(deleteDraft(document));
      await tx.runAll(prices);
      await audit.recordIn(tx, {
        action: 'plans.changed',
        actor: caller === undefined ? { kind: 'system' } : actorOf(caller),
        target: { kind: 'plans', id: String(known + 1) },
        changes: {
          changes: changes.map(({ product, path }) => `${product} ${path}`.trim()),
          touched: touched.slice(0, MOST_CHANGES),
        },
        origin: by?.origin,
      });
    });
    await refresh();
    db.signal(CHANGED);
    // A push has shown them before; a file that is saved asks no question.
    if (caller === undefined && touched.length > 0)
      log.warn({ plans: touched.slice(0, MOST_CHANGES) }, 'the plans file has changed the plans of accounts');
    return [];
  }

  /**
   * The file becomes a version when it changes while a process runs, and at a start if its text was never one. A text that another process
   * has stored since the last look is that change, and not a new one.
   */
  async function takeFile(): Promise<void> {
    const state = await stateOfFile(file.path);
    const since = seen === undefined ? 0 : seen.version;
    if (state === seen?.state) {
      seen = { ...seen, version: current?.version ?? 0 };
      return;
    }
    const text = await readPlansFile(file);
    await refresh();
    if (text !== undefined && text !== current?.document && text !== seen?.text) {
      const [[stored]] = await db.system('plans.read', [wasStored(text, since)]);
      if (stored?.stored === true) log.warn({ path: file.path, version: current?.version }, FILE_IS_OLD);
      else {
        const problems = await store({ document: text, after: read(text) }, undefined);
        if (problems.length > 0) throw new ConfigError(problems);
        void sync();
      }
    }
    seen = { state, text, version: current?.version ?? 0 };
  }

  /** The same; a file that is refused is told of once, and all else is tried again with the next look. */
  async function takeFileOrTell(): Promise<void> {
    try {
      await takeFile();
    } catch (error) {
      if (error instanceof AppError && error.code === 'precondition_failed') return takeFileOrTell();
      if (!(error instanceof ConfigError)) throw error;
      // Without any there is nothing to go on with.
      if (current === undefined) throw error;
      const { problems } = error;
      log.error({ path: file.path, problems }, 'the plans file is refused: what was in effect stays');
      seen = { state: await stateOfFile(file.path), text: seen?.text, version: current.version };
    }
  }

  const view = async (): Promise<PlansInEffect> => {
    const products = ours.map(({ product }) => product);
    const [versions, [unsynced]] = await db.system('plans.read', [listVersions(50), isUnsynced(products)]);
    return { row: current, versions, complete: unsynced?.unsynced !== true };
  };

  async function look(): Promise<void> {
    const known = current?.version;
    await refresh();
    if (parts.takesFile) await takeFileOrTell();
    if (ours.length === 0) return;
    const [[left]] = await db.system('plans.read', [isLeftUnsynced(ours.map(({ product }) => product))]);
    // The process that stored a version writes the snapshots; others end what it leaves.
    if (left?.unsynced === true) void sync();
    else if (known !== current?.version)
      log.debug({ version: current?.version }, 'another process stored plans');
  }

  return {
    async ready() {
      await inTurn(async () => {
        await refresh();
        if (parts.takesFile) await takeFileOrTell();
        const misnamed = file.isNamed ? undefined : misnamedFile(file.path);
        if (misnamed !== undefined) log.warn({ path: file.path }, misnamed);
      }).catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        log.error({ err: error }, 'the plans file could not be put into effect yet');
      });
      await syncing;
      follower.start();
    },
    look: follower.look,
    inEffect: () => inTurn(refresh).then(view),
    preview: (document) =>
      inTurn(async () => {
        const after = readForCaller(document);
        await refresh();
        return { ...(await previewPlans(db, ours, after)), version: current?.version ?? 0 };
      }),
    async push({ document, ...by }) {
      await inTurn(async () => {
        const problems = await store({ document, after: readForCaller(document) }, by);
        if (problems.length > 0)
          throw new AppError('plans_refused', { message: problems[0] ?? '', details: { problems } });
      });
      await within(SYNC_PATIENCE, sync());
      return view();
    },
    drafts: createDrafts(parts),
    moves: createMoves(parts),
    close: follower.close,
  };

  function readForCaller(document: string): readonly Catalogue[] {
    const { catalogues, problems } = readPlans(document, keys);
    const issues = problems.map((problem) => ({
      path: 'body.document',
      message: describeProblem(problem),
      // Where it is among the values, for a form of them.
      at: problem.at.map(String),
      says: problem.says,
    }));
    const [first] = issues;
    if (first !== undefined)
      throw new AppError('validation_failed', { message: first.message, details: { issues } });
    return catalogues;
  }
}
