import { type Program, startProgram } from '../process/program.ts';
import type { Chance } from './chance.ts';
import { type Link, openLink } from './link.ts';

/** What a process under test depends on, each over a link of its own. */
export interface Upstreams {
  /** For a process, which says by it which one it is. */
  databaseFor(member: string): URL;
  readonly redis: URL | undefined;
  readonly provider: URL;
}

/** A process of the real program, and its links: it is started again whenever it ends, as a supervisor would. */
export interface Member {
  readonly name: string;
  readonly verb: 'serve' | 'worker';
  readonly database: Link;
  readonly redis: Link | undefined;
  readonly provider: Link;
  /** Where callers reach it; of a worker, nobody does. */
  readonly front: Link;
  /** Sends a signal to the process that runs now. */
  signal(signal: NodeJS.Signals): void;
  /** Waits until it runs and says so. */
  ready(): Promise<void>;
  /** Ends it in good order, for good. */
  stop(): Promise<void>;
  /** What processes said that ended in a way that no supervisor expects: neither asked to, nor for their lease. */
  readonly defects: string[];
  readonly starts: number;
}

export interface FleetOptions {
  readonly upstreams: Upstreams;
  readonly folder: string;
  readonly chance: Chance;
  readonly say: (line: string) => void;
}

export async function openMember(verb: Member['verb'], name: string, options: FleetOptions): Promise<Member> {
  const { upstreams, say } = options;
  const chance = options.chance.for(name);
  const database = await openLink(Number(upstreams.databaseFor(name).port), chance);
  const provider = await openLink(Number(upstreams.provider.port), chance);
  const redis =
    upstreams.redis === undefined ? undefined : await openLink(Number(upstreams.redis.port), chance);
  const front = await openLink(undefined, chance);
  const environment = environmentOf({ ...upstreams, name }, { database, redis, provider });
  const defects: string[] = [];
  let isStopping = false;
  /** Told to stop. Whoever is told so twice ends at once, and says nothing: as it should. */
  let wasAsked = false;
  let starts = 0;
  let program: Program;
  let ready: Promise<void>;
  let over: Promise<void>;

  function start(): void {
    starts += 1;
    wasAsked = false;
    const mine = startProgram([verb], { cwd: options.folder, environment });
    program = mine;
    ready = mine.url().then(
      (url) => {
        front.target = Number(new URL(url).port);
      },
      () => {},
    );
    over = mine.ended.then(({ code, signal }) => {
      front.target = undefined;
      if (isDefect({ said: mine.said(), code, wasAsked })) defects.push(`${name}: ${mine.said()}`);
      if (isStopping) return;
      say(`${name} ended (${signal ?? code}) and is started again`);
      start();
    });
  }
  start();
  return {
    name,
    verb,
    database,
    redis,
    provider,
    front,
    defects,
    signal(signal) {
      wasAsked ||= signal === 'SIGTERM';
      program.kill(signal);
    },
    ready: async () => {
      // The one that is started next may be another than the one that was waited for.
      for (let seen = -1; seen !== starts; ) {
        seen = starts;
        await ready;
      }
    },
    async stop() {
      isStopping = true;
      program.kill('SIGCONT');
      program.kill('SIGTERM');
      await over;
      await Promise.all([database, redis, provider, front].map(async (link) => link?.close()));
    },
    get starts() {
      return starts;
    },
  };
}

function environmentOf(
  upstreams: Upstreams & { readonly name: string },
  links: Readonly<Record<'database' | 'provider', Link>> & { readonly redis: Link | undefined },
): Record<string, string> {
  const provider = {
    name: 'sandbox',
    base_url: through(upstreams.provider, links.provider),
    api_key: 'sk-sandbox',
    models: ['sandbox-small', 'sandbox-large'],
  };
  return {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: through(upstreams.databaseFor(upstreams.name), links.database),
    ...(upstreams.redis === undefined || links.redis === undefined
      ? {}
      : { REDIS_URL: through(upstreams.redis, links.redis) }),
    AI_UPSTREAMS: JSON.stringify([provider]),
    SHUTDOWN_GRACE_SECONDS: '5',
  };
}

function through(url: URL, link: Link): string {
  const way = new URL(url);
  way.port = String(link.port);
  return way.href;
}

interface End {
  readonly said: string;
  readonly code: number | null;
  readonly wasAsked: boolean;
}

/** A process that was killed says nothing, one that lost its lease says so, and one that can't begin comes again. */
function isDefect({ said, code, wasAsked }: End): boolean {
  if (/that nobody caught/.test(said)) return true;
  const hadBegun = / at http:/.test(said);
  return hadBegun && !wasAsked && code !== null && code !== 0 && !/this process ends/.test(said);
}
