import { createConnection, createServer, type Socket } from 'node:net';
import { type ClientMessage, clientMessages, type ServerMessage, serverMessages } from './postgres-wire.ts';

/** A way to a PostgreSQL (or PgBouncer) that loses answers of commits, those of calls that commit by themselves too: the server has committed, and the client never hears of it. */
export interface CommitCutter {
  /** The connection string that it was given, by this way. */
  readonly url: string;
  readonly port: number;
  /** How many answers it has lost so far. */
  readonly cuts: number;
  /** The share of commits of writing transactions whose answer is lost, from 0 (none, as at first) to 1. */
  probability: number;
  /**
   * Loses the answer of the next commit of a writing transaction, one statement of which has such a text (`/limits\.admit\(/`; none:
   * of any). Resolves once it has: the database holds what was committed, and the client's connection is broken.
   */
  cutNextCommit(of?: RegExp): Promise<void>;
  /**
   * Breaks the client's connection while the next such commit is on its way: it reaches the server when the function that this
   * resolves with is called, as if a network had held it back. That one resolves with the server's word: COMMIT or ROLLBACK.
   * Its statements have run before, and hold their locks; `whole`: they come with it (of transactions that are sent at once).
   */
  holdNextCommit(of?: RegExp, what?: 'commit' | 'whole'): Promise<() => Promise<string>>;
  /** Breaks the client's connection before the next such commit reaches the server, which undoes what it has of it. */
  loseNextCommit(of?: RegExp): Promise<void>;
  /** Breaks all connections that stand, and makes none until `resume`: the database is away. */
  refuse(): void;
  resume(): void;
  close(): Promise<void>;
}

interface Order {
  readonly of: RegExp | undefined;
  readonly cut: (() => void) | undefined;
  readonly hold: ((release: () => Promise<string>) => void) | undefined;
  readonly whole?: boolean;
  readonly isLost?: boolean;
  readonly isRandom: boolean;
}

/** What one connection has said since its last commit. */
interface ConnectionTexts {
  texts: string[];
}

/** A transaction that the server has not ended yet, and what is to happen then. */
interface End {
  readonly order: Order | undefined;
  /** It is one statement, which commits by itself. */
  readonly isCall: boolean;
}

/** What `systemCall` makes: outside of a transaction nothing else calls such functions. */
const CALL = /\b(?:limits|jobs)\.\w+\(/;

/** Opens one; `random` decides by `probability` (a run with a seed gives its own). */
export async function startCommitCutter(
  connectionString: string,
  random = Math.random,
): Promise<CommitCutter> {
  const target = new URL(connectionString);
  const orders: Order[] = [];
  const sockets = new Set<Socket>();
  const state = { probability: 0, cuts: 0 };
  let refuses = false;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    // What breaks here is broken on purpose.
    return socket
      .setNoDelay(true)
      .on('error', () => {})
      .once('close', () => sockets.delete(socket));
  }

  /** What is to happen to a commit: taken out of the orders, the oldest first. */
  function orderFor({ texts }: ConnectionTexts): Order | undefined {
    if (!texts.includes('begin') && !calls(texts)) return undefined;
    const at = orders.findIndex(({ of }) => of === undefined || texts.some((text) => of.test(text)));
    if (at >= 0) return orders.splice(at, 1)[0];
    return random() < state.probability
      ? { of: undefined, cut: () => {}, hold: undefined, isRandom: true }
      : undefined;
  }

  const holdsBack = () => orders.some(({ whole }) => whole === true);

  const server = createServer((near) => {
    if (refuses) return void near.destroy();
    const far = createConnection(Number(target.port || 5_432), target.hostname.replaceAll(/^\[|\]$/g, ''));
    keep(near);
    keep(far);
    pass(near, far, {
      orderFor,
      holdsBack,
      lost: () => (state.cuts += 1),
      back: (order) => void orders.unshift(order),
    });
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = new URL(connectionString);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    port,
    get cuts() {
      return state.cuts;
    },
    get probability() {
      return state.probability;
    },
    set probability(share: number) {
      state.probability = share;
    },
    cutNextCommit: (of) => new Promise((cut) => orders.push({ of, cut, hold: undefined, isRandom: false })),
    holdNextCommit: (of, what) =>
      new Promise((hold) =>
        orders.push({ of, cut: undefined, hold, whole: what === 'whole', isRandom: false }),
      ),
    loseNextCommit: (of) =>
      new Promise((lost) =>
        orders.push({ of, cut: undefined, hold: () => lost(), isLost: true, isRandom: false }),
      ),
    refuse() {
      refuses = true;
      cutAll();
    },
    resume() {
      refuses = false;
    },
    close() {
      cutAll();
      return new Promise<void>((closed) => {
        server.close(() => closed());
      });
    },
  };
}

interface Orders {
  readonly orderFor: (said: ConnectionTexts) => Order | undefined;
  /** Whether a transaction is to arrive as a whole, or not at all. */
  readonly holdsBack: () => boolean;
  readonly lost: () => void;
  /** Hands an order back, as its transaction was undone: the order is for the next one. */
  readonly back: (order: Order) => void;
}

/** Has a server send what it has to say before the next sync. */
const FLUSH = Buffer.from([0x48, 0, 0, 0, 4]);

/** Passes messages both ways between a client and its server, and does to commits what is ordered. */
function pass(near: Socket, far: Socket, { orderFor, holdsBack, lost, back }: Orders): void {
  const said: ConnectionTexts = { texts: [] };
  /** What is to happen to each commit or rollback that the server has not answered yet. */
  const ends: End[] = [];
  let held: HeldEnd | undefined;
  /** What was said of a transaction that may be held back whole. */
  let kept: Buffer[] | undefined;
  /** How many statements the server has, and has not answered. */
  let open = 0;

  function send({ bytes, executes }: Pick<ClientMessage, 'bytes' | 'executes'>): void {
    if (executes !== undefined) open += 1;
    far.write(bytes);
  }

  function endTransaction(order: Order | undefined): void {
    const isCall = calls(said.texts);
    said.texts = [];
    const before = kept ?? [];
    kept = undefined;
    if (order?.hold === undefined) {
      ends.push({ order, isCall });
      for (const bytes of before) far.write(bytes);
      return;
    }
    held = holdEnd(order, { isCall, before, far, breaks: () => near.destroy(), lost });
    if (order.whole === true || order.isLost === true) return held.ran();
    far.write(FLUSH);
    if (open === 0) held.ran();
  }

  const fromClient = clientMessages(({ bytes, executes, syncs, wishes }) => {
    if (wishes) return void near.write('N');
    if (executes !== undefined) {
      if (!said.texts[0]?.startsWith('begin')) said.texts = [];
      said.texts.push(executes);
      if ((executes === 'begin' || calls(said.texts)) && holdsBack()) kept = [];
      if (executes === 'commit') endTransaction(orderFor(said));
      else if (executes === 'rollback') endTransaction(undefined);
    } else if (syncs && calls(said.texts)) endTransaction(orderFor(said));
    const aside = held?.bytes ?? kept;
    if (aside === undefined) send({ bytes, executes });
    else aside.push(bytes);
  });
  const fromServer = serverMessages((message) => {
    const { bytes, completes, fails } = message;
    if (fails) open = 0;
    else if (completes !== undefined) open = Math.max(0, open - 1);
    if (held !== undefined) return held.hear(message, open);
    const word = ends[0] && wordOf(message, ends[0]);
    const order = word === undefined ? undefined : ends.shift()?.order;
    if (order?.cut !== undefined && word === 'COMMIT') {
      lost();
      near.destroy();
      far.destroy();
      order.cut();
    } else {
      if (order?.isRandom === false && order.cut !== undefined) back(order);
      if (near.writable) near.write(bytes);
    }
  });
  near.on('data', fromClient);
  far.on('data', fromServer);
  near.once('close', () => held === undefined && far.destroy());
  far.once('close', () => near.destroy());
}

/** The end of a transaction that is held back. */
interface HeldEnd {
  /** The messages that are held back so far. */
  readonly bytes: Buffer[];
  /** The statements before it have run: its client is cut off, and who ordered this is told. */
  ran(): void;
  /** Hears the server, which has so many statements to answer yet. */
  hear(message: ServerMessage, open: number): void;
}

function holdEnd(
  order: Order,
  parts: {
    readonly isCall: boolean;
    readonly before: Buffer[];
    readonly far: Socket;
    readonly breaks: () => void;
    readonly lost: () => void;
  },
): HeldEnd {
  const { isCall, before: bytes, far } = parts;
  let hasRun = false;
  let hasFailed = false;
  let tell: ((word: string) => void) | undefined;
  function ran(): void {
    hasRun = true;
    parts.breaks();
    if (order.isLost === true) far.destroy();
    parts.lost();
    order.hold?.(() => {
      const word = new Promise<string>((resolve) => {
        tell = resolve;
      });
      for (const one of bytes) far.write(one);
      return word;
    });
  }
  return {
    bytes,
    ran,
    hear(message, open) {
      hasFailed ||= message.fails;
      if (!hasRun) return open === 0 ? ran() : undefined;
      // The statement of a call was answered before its sync, which is what commits it.
      const ready = message.readies ? (hasFailed ? 'ROLLBACK' : 'COMMIT') : undefined;
      const word = isCall ? ready : wordOf(message, { order, isCall });
      if (word === undefined || tell === undefined) return;
      tell(word);
      far.destroy();
    },
  };
}

function calls(texts: readonly string[]): boolean {
  return texts.length === 1 && CALL.test(texts[0] ?? '');
}

/** How a transaction has ended, if this message says so. */
function wordOf({ completes, fails }: ServerMessage, { isCall }: End): 'COMMIT' | 'ROLLBACK' | undefined {
  if (!isCall) return completes === 'COMMIT' || completes === 'ROLLBACK' ? completes : undefined;
  if (fails) return 'ROLLBACK';
  return completes === undefined ? undefined : 'COMMIT';
}
