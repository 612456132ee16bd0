import { createConnection, createServer, type Socket } from 'node:net';
import type { Chance } from './chance.ts';

/** A way to a port of this machine that can be bad: slow, silent, broken. Each process under test has ways of its own. */
export interface Link {
  readonly port: number;
  /** Where it leads: a process that starts anew has another port. Nothing: no process is there. */
  target: number | undefined;
  /** Milliseconds that what arrives is held back, at least and at most: answers of two connections change their order. */
  delay: readonly [least: number, most: number];
  /**
   * While it is silent nothing passes in either direction, and neither side is told; afterwards all of it arrives. `passes`: so many bytes of
   * what a client says next on each connection still do, and where that client then leaves, the target does not hear of it either.
   */
  silence(passes?: (chunk: Buffer) => number): void;
  resume(): void;
  /** Breaks all connections that stand; what was on its way is lost. */
  cut(): void;
  close(): Promise<void>;
}

const idle = Promise.resolve();

export async function openLink(target: number | undefined, chance: Chance): Promise<Link> {
  const pairs = new Set<() => void>();
  const waiting: (() => void)[] = [];
  let isSilent = false;
  let passing: ((chunk: Buffer) => number) | undefined;
  /** Ends of those whose client has left, and whose target has not heard of it. */
  const left: (() => void)[] = [];
  const state: Pick<Link, 'target' | 'delay'> = { target, delay: [0, 0] };

  /** Passes chunks on in their order, however long each was held back; `isHeard`: a silence does not hold this one. */
  function createForward(to: Socket): (chunk: Buffer, isHeard?: boolean) => void {
    let last = idle;
    return (chunk, isHeard = false) => {
      const [least, most] = state.delay;
      if (most === 0 && (isHeard || !isSilent) && last === idle) return void to.write(chunk);
      const held = chance.between(least, most);
      const until = new Promise<void>((pass) => setTimeout(() => pass(), held));
      const before = last;
      const mine: Promise<void> = Promise.all([before, until])
        .then(() => (isHeard ? idle : waitForSound()))
        .then(() => {
          if (to.writable) to.write(chunk);
          if (last === mine) last = idle;
        });
      last = mine;
    };
  }

  /** Passes the first bytes of a chunk on though it is silent, if so many are to pass, and nothing after them. */
  function createTearing(forward: ReturnType<typeof createForward>): (chunk: Buffer) => void {
    let tornBy: typeof passing;
    return (chunk) => {
      const at = passing === undefined || passing === tornBy ? 0 : passing(chunk);
      tornBy = passing;
      if (at > 0) forward(chunk.subarray(0, at), true);
      forward(chunk.subarray(at));
    };
  }

  /** Waits for the end of a silence. */
  function waitForSound(): Promise<void> {
    return isSilent ? new Promise((go) => waiting.push(() => go(waitForSound()))) : idle;
  }

  const server = createServer((near) => {
    if (state.target === undefined) return void near.destroy();
    const far = createConnection(state.target, '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(end);
    };
    pairs.add(end);
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', end);
    near.once('close', () => (passing === undefined ? end() : void left.push(end)));
    // What was said before it closed still arrives.
    far.once('close', () => near.end());
    near.on('data', createTearing(createForward(far)));
    far.on('data', createForward(near));
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();

  function resume(): void {
    isSilent = false;
    passing = undefined;
    for (const end of left.splice(0)) end();
    for (const go of waiting.splice(0)) go();
  }
  function cut(): void {
    for (const end of pairs) end();
  }
  return Object.assign(state, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    silence(passes?: (chunk: Buffer) => number) {
      isSilent = true;
      passing = passes;
    },
    resume,
    cut,
    close() {
      resume();
      cut();
      return new Promise<void>((closed) => {
        server.close(() => closed());
      });
    },
  });
}
